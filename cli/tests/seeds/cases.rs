//! What each definition in the texts must do, with which stand-ins.

use serde_json::{Value, json};

/// How a run must end.
#[derive(Clone, Debug)]
pub(crate) enum End {
    /// With exactly this output.
    Output(Value),
    /// In the state of this name outside of the piece, which got these data at least.
    Reached(&'static str, Value),
    /// With this error.
    Error(&'static str),
}

/// One way through a definition.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) input: Value,
    /// Stand-ins beside the one for all others, which returns its event.
    pub(crate) tasks: &'static str,
    pub(crate) end: End,
}

fn case(input: Value, tasks: &'static str, end: End) -> Case {
    Case { input, tasks, end }
}

/// The ways through the definition whose start is this state of this type; none if nobody has thought about it.
pub(crate) fn cases(start: &str, kind: &str, states: usize) -> Option<Vec<Case>> {
    let reached = End::Reached;
    Some(match (start, kind, states) {
        // The order processor of the first text.
        ("ValidateOrder", "Task", 7) => vec![
            case(
                json!({"order_id": "12345"}),
                "[lambda.validate-order]\nreturn = { available = true }\n",
                End::Output(json!({"order_id": "12345", "order": {"available": true}})),
            ),
            case(
                json!({"order_id": "12345"}),
                "[lambda.validate-order]\nreturn = { available = false }\n",
                End::Error("OrderUnavailable"),
            ),
            case(
                json!({"order_id": "12345"}),
                "[lambda.validate-order]\nreturn = { available = true }\n[lambda.process-payment]\n\
                 attempts = [{ error = \"PaymentFailedException\" }, { return = { paid = true } }]\n",
                End::Output(json!({"paid": true})),
            ),
            case(
                json!({"order_id": "12345"}),
                "[lambda.validate-order]\nreturn = { available = true }\n[lambda.process-payment]\n\
                 error = { name = \"CardStolen\", cause = \"call the police\" }\n",
                End::Output(json!({
                    "Error": "CardStolen", "Cause": "{\"errorMessage\":\"call the police\",\"errorType\":\"CardStolen\"}"
                })),
            ),
        ],
        // The complete example of the second text, whose services are functions here.
        ("ValidateOrder", "Task", 9) => {
            let input = json!({"productId": "p-1", "orderId": "o-1", "amount": 12, "customerId": "c-1"});
            vec![
                case(
                    input.clone(),
                    // Without ResultPath the payment's answer is all that is left of the order.
                    "[lambda.dynamodb-getItem]\nreturn = { Item = { quantity = { N = 5 } } }\n\
                     [lambda.payment-processor]\ncallback = { return = { productId = \"p-1\", orderId = \"o-1\" } }\n",
                    // What the Parallel gives: the parameters of both services, which stand-ins return.
                    End::Output(json!([
                        {
                            "TableName": "Inventory",
                            "Key": {"productId": {"S": "p-1"}},
                            "UpdateExpression": "SET quantity = quantity - :one",
                            "ExpressionAttributeValues": {":one": {"N": "1"}}
                        },
                        {
                            "TopicArn": "arn:aws:sns:us-east-1:123456789012:order-notifications",
                            "Message": "Order o-1 confirmed"
                        }
                    ])),
                ),
                case(
                    input.clone(),
                    "[lambda.dynamodb-getItem]\nreturn = { Item = { quantity = { N = 5 } } }\n\
                     [lambda.payment-processor]\ncallback = { return = { paid = true } }\n",
                    End::Error("States.Runtime"),
                ),
                // DynamoDB gives numbers as strings, which are not greater than 0: the tutorial's own trap.
                case(
                    input.clone(),
                    "[lambda.dynamodb-getItem]\nreturn = { Item = { quantity = { N = \"5\" } } }\n\
                     [lambda.sqs-sendMessage]\nreturn = { MessageId = \"m-1\" }\n",
                    End::Output(json!({"MessageId": "m-1"})),
                ),
                case(
                    input.clone(),
                    "[lambda.order-validator]\nerror = { name = \"ValidationFailed\", cause = \"no street\" }\n",
                    End::Error("OrderProcessingFailed"),
                ),
                case(
                    input,
                    "[lambda.dynamodb-getItem]\nreturn = { Item = { quantity = { N = 5 } } }\n\
                     [lambda.payment-processor]\ncallback = { error = \"PaymentDeclined\" }\n",
                    End::Error("OrderProcessingFailed"),
                ),
            ]
        }
        // The third text: retries, a parallel branch, a callback.
        ("ValidateOrder", "Task", 2) => vec![
            case(
                json!({"order_id": "A-9001", "user_id": 42}),
                "[lambda.charge-card]\ncallback = { return = { charged = true } }\n",
                End::Reached("", json!({"charged": true})),
            ),
            case(
                json!({"order_id": "A-9001", "user_id": 42}),
                "[lambda.charge-card]\ncallback = { error = \"CardDeclined\" }\n",
                End::Error("CardDeclined"),
            ),
        ],
        // The saga.
        ("ReserveStock", "Task", 7) => {
            let input = json!({"order": 7});
            vec![
                case(input.clone(), "", End::Output(json!({"order": 7}))),
                case(
                    input.clone(),
                    "[lambda.reserve-stock]\nerror = \"OutOfStock\"\n",
                    End::Error("OrderProcessingFailed"),
                ),
                case(
                    input.clone(),
                    "[lambda.charge-payment]\nerror = \"Declined\"\n",
                    End::Error("OrderProcessingFailed"),
                ),
                case(input, "[lambda.ship-order]\nerror = \"NoVan\"\n", End::Error("OrderProcessingFailed")),
            ]
        }
        // Single states.
        ("ProcessOrder", "Task", _) => vec![case(json!({"n": 1}), "", reached("Notify", json!({"n": 1})))],
        ("CheckStatus", "Choice", _) => vec![
            case(json!({"status": "pending"}), "", reached("Process", json!({}))),
            case(json!({"status": "cancelled"}), "", reached("Cancel", json!({}))),
            case(json!({"status": 3}), "", reached("Unknown", json!({"status": 3}))),
        ],
        ("ProcessOrder", "Parallel", _) => vec![case(json!({"n": 1}), "", End::Output(json!([{"n": 1}, {"n": 1}])))],
        ("ProcessItems", "Map", _) => vec![
            case(json!([1, {"n": 2}, "3"]), "", End::Output(json!([1, {"n": 2}, "3"]))),
            case(json!({}), "", End::Error("States.Runtime")),
        ],
        ("WaitForApproval", "Wait", _) => vec![case(json!({"n": 1}), "", reached("Process", json!({"n": 1})))],
        ("child_workflow", "Task", _) => {
            vec![case(json!({"childInput": {"n": 1}}), "", reached("ContinueAfterChild", json!({"input": {"n": 1}})))]
        }
        ("ProcessWithRetry", "Task", _) => vec![
            case(
                json!({"n": 1}),
                "[lambda.\"...\"]\nattempts = [{ error = \"ThrottlingException\" }, { return = { done = true } }]\n",
                End::Output(json!({"done": true})),
            ),
            case(
                json!({"n": 1}),
                "[lambda.\"...\"]\nerror = { name = \"Broken\", cause = \"x\" }\n",
                reached("HandleError", json!({"n": 1, "error": {"Error": "Broken"}})),
            ),
        ],
        ("Parameters", "Pass", _) => vec![case(
            json!({"user": {"id": "u-1"}}),
            "",
            End::Reached("", json!({"userId": "u-1", "source": "payment-service"})),
        )],
        ("Unnamed", "Task", _) => vec![
            // A callback, and a container that is a function here.
            case(
                json!({"approvalUrl": "https://example.com"}),
                "[lambda.approval-notifier]\ncallback = { return = { approved = true } }\n[lambda.ecs-runTask]\n\
                 return = { approved = true }\n",
                End::Reached("", json!({"approved": true})),
            ),
        ],
        ("Retry", "Task", _) => vec![
            case(json!({"n": 1}), "", End::Output(json!({"n": 1}))),
            case(json!({"n": 1}), "[lambda.work]\nerror = \"States.Runtime\"\n", End::Error("States.Runtime")),
        ],
        ("Catch", "Task", _) => {
            vec![case(json!({"n": 1}), "[lambda.work]\nerror = \"Odd\"\n", End::Reached("", json!({})))]
        }
        ("ValidateOrder", "Task", _) => vec![case(
            json!({"order": {"id": 7}, "rest": true}),
            "[lambda.validate-order]\nreturn = { isValid = true }\n",
            reached("CheckValidation", json!({"order": {"id": 7}, "rest": true, "validation": {"isValid": true}})),
        )],
        ("CheckValidation", "Choice", _) => vec![
            case(json!({"validation": {"isValid": true}}), "", reached("ProcessPayment", json!({}))),
            case(
                json!({"validation": {"isValid": false, "errorCode": "INSUFFICIENT_STOCK"}}),
                "",
                reached("NotifyOutOfStock", json!({})),
            ),
            case(
                json!({"validation": {"isValid": false, "errorCode": "OTHER"}}),
                "",
                reached("RejectOrder", json!({})),
            ),
        ],
        ("ProcessInParallel", "Parallel", _) => vec![
            case(
                json!({"n": 1}),
                "[lambda.send-email]\nreturn = \"sent\"\n[lambda.update-inventory]\nreturn = 41\n",
                End::Output(json!({"reached": "FinalizeOrder", "with": ["sent", 41]})),
            ),
            case(json!({"n": 1}), "[lambda.send-email]\nerror = \"NoMail\"\n", End::Error("NoMail")),
        ],
        ("ProcessLineItems", "Map", _) => vec![case(
            json!({"order": {"items": [1, 2, 3]}}),
            "",
            reached("CalculateTotal", json!({"order": {"items": [1, 2, 3]}, "processedItems": [1, 2, 3]})),
        )],
        ("WaitForDelivery", "Wait", _) => {
            vec![case(json!({"n": 1}), "", reached("CheckDeliveryStatus", json!({"n": 1})))]
        }
        ("WaitUntilShipDate", "Wait", _) => vec![
            case(
                json!({"order": {"shipDate": "2024-03-14T01:59:00Z"}}),
                "",
                reached("StartShipping", json!({"order": {"shipDate": "2024-03-14T01:59:00Z"}})),
            ),
            case(json!({"order": {"shipDate": "tomorrow"}}), "", End::Error("States.Runtime")),
        ],
        ("PassThrough", "Pass", _) => {
            vec![case(json!({"n": 1}), "", reached("NextState", json!({"n": 1, "result": {"status": "processed"}})))]
        }
        ("OrderFailed", "Fail", _) => vec![case(json!({}), "", End::Error("OrderError"))],
        ("OrderComplete", "Succeed", _) => vec![case(json!({"n": 1}), "", End::Output(json!({"n": 1})))],
        ("TransformData", "Pass", _) => vec![case(
            json!({
                "items": ["a", "b"],
                "firstName": "Ada",
                "lastName": "Lovelace",
                "allItems": (1..=25).collect::<Vec<_>>(),
                "data": {"x": 1.50},
                "jsonString": "{\"y\": [2]}"
            }),
            "",
            reached(
                "ProcessOrder",
                json!({
                    "itemCount": 2,
                    "fullName": "Ada Lovelace",
                    "items": [
                        (1..=10).collect::<Vec<_>>(), (11..=20).collect::<Vec<_>>(), (21..=25).collect::<Vec<_>>()
                    ],
                    "jsonString": "{\"x\":1.5}",
                    "parsedJson": {"y": [2]}
                }),
            ),
        )],
        ("ProcessPayment", "Task", _) => vec![
            case(
                json!({"n": 1}),
                "[lambda.process-payment]\n\
                 attempts = [{ error = \"Lambda.ServiceException\" }, { return = { paid = true } }]\n",
                reached("ConfirmOrder", json!({"paid": true})),
            ),
            case(
                json!({"n": 1}),
                "[lambda.process-payment]\nerror = \"PaymentDeclined\"\n",
                reached("HandleDeclinedPayment", json!({"n": 1, "error": {"Error": "PaymentDeclined"}})),
            ),
            case(
                json!({"n": 1}),
                "[lambda.process-payment]\nerror = \"Odd\"\n",
                reached("NotifyFailure", json!({"n": 1, "error": {"Error": "Odd"}})),
            ),
        ],
        ("PutItemInDynamoDB", "Task", _) => vec![case(
            json!({"orderId": "o-1"}),
            "",
            reached(
                "SendNotification",
                json!({"TableName": "Orders", "Item": {"order_id": {"S": "o-1"}, "status": {"S": "CREATED"}}}),
            ),
        )],
        ("SendNotification", "Task", _) => {
            vec![case(json!({"orderId": "o-1"}), "", reached("AddToQueue", json!({"Message": "Order o-1 created"})))]
        }
        ("AddToQueue", "Task", _) => {
            vec![case(json!({"order": {"id": "o-1"}}), "", reached("Done", json!({"MessageBody": "{\"id\":\"o-1\"}"})))]
        }
        ("InvokeLambda", "Task", _) => vec![case(
            json!({"n": 1}),
            "",
            reached("Done", json!({"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": {"n": 1}})),
        )],
        ("StartECSTask", "Task", _) => vec![case(json!({}), "", reached("Done", json!({"Cluster": "my-cluster"})))],
        ("WaitForHumanApproval", "Task", _) => vec![
            case(
                json!({"orderId": "o-1"}),
                "[lambda.send-approval-request]\ncallback = { after = \"50ms\", return = { approved = true } }\n",
                reached("ProcessApprovedOrder", json!({"approved": true})),
            ),
            case(
                json!({"orderId": "o-1"}),
                "[lambda.send-approval-request]\n\
                 callback = { error = { name = \"Rejected\", cause = \"Manager rejected the order\" } }\n",
                End::Error("Rejected"),
            ),
        ],
        ("ProcessAllOrders", "Map", _) => vec![case(
            json!({"orders": (0..60).collect::<Vec<_>>()}),
            "",
            reached("AggregateResults", json!({"processedOrders": (0..60).collect::<Vec<_>>()})),
        )],
        _ => return None,
    })
}
