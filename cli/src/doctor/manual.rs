//! The checks that need a person: another stack, a changed setting, a burst that costs, or days.

/// Steps for a person. Commands are for a POSIX shell; STACK is the stack's name.
struct Manual {
    number: u8,
    title: &'static str,
    costs: &'static str,
    steps: &'static str,
}

const ALL: [Manual; 7] = [
    Manual {
        number: 2,
        title: "Whether a signature reaches a function behind a door without authorization",
        costs: "two requests",
        steps: "\
In a stack of its own, with a function that returns its event, make an HTTP API route and a function URL
with authorization NONE, and send to each:
  curl -s -X POST \"$URL\" -H 'content-type: application/x-amz-json-1.0' \\
    -H 'Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/states/aws4_request,
        SignedHeaders=host, Signature=00' -d '{}'
Good: the event's headers have `authorization` as it was sent. Then keys of our own are possible there.",
    },
    Manual {
        number: 4,
        title: "Cold starts at 128, 256 and 512 MB",
        costs: "under one cent",
        steps: "\
FUNCTION=$(aws cloudformation describe-stack-resource --stack-name STACK --logical-resource-id Advance \\
  --query StackResourceDetail.PhysicalResourceId --output text)
for MB in 128 256 512; do
  aws lambda update-function-configuration --function-name $FUNCTION --memory-size $MB
  aws lambda wait function-updated-v2 --function-name $FUNCTION
  aws lambda invoke --function-name $FUNCTION --cli-binary-format raw-in-base64-out \\
    --payload '{\"Records\":[]}' --log-type Tail --query LogResult --output text /dev/null | base64 -d
done
The REPORT line has Init Duration and Duration. Set the memory back to what the template says (256).",
    },
    Manual {
        number: 5,
        title: "Batches and the growth of pollers under load",
        costs: "some $0.20 for 1,000 executions of 40 states",
        steps: "\
Start 1,000 executions of a chain of 40 Pass states, then look each minute at ConcurrentExecutions and
Invocations of `advance` (CloudWatch, AWS/Lambda) and at NumberOfMessagesReceived of the step queue.
Expected: 5 at once in the first minute, some 300 more each minute; batches grow towards 10.",
    },
    Manual {
        number: 6,
        title: "A new table and a burst of 10,000 starts",
        costs: "some $0.15",
        steps: "\
Right after deployment start 10,000 executions within ten seconds, then
  aws cloudwatch get-metric-statistics --namespace AWS/DynamoDB --metric-name WriteThrottleEvents \\
    --dimensions Name=TableName,Value=$TABLE --start-time $THEN --end-time $NOW --period 60 --statistics Sum
Expected: throttled for some 17 s, all executions SUCCEEDED, nothing in the dead-letter queue.",
    },
    Manual {
        number: 7,
        title: "When expired items go",
        costs: "nothing",
        steps: "\
With RetentionDays=1 run one execution. After a day DescribeExecution must answer ExecutionDoesNotExist,
whether or not its items are still in the table:
  aws dynamodb query --table-name $TABLE --key-condition-expression 'pk = :pk' \\
    --expression-attribute-values '{\":pk\":{\"S\":\"X#EXECUTION_ARN\"}}' --query Count
Note on which day it becomes 0.",
    },
    Manual {
        number: 8,
        title: "The bill beside the counted costs",
        costs: "$0.01 for each request of Cost Explorer",
        steps: "\
Activate the tag aws:cloudformation:stack-name for cost allocation. Two days after a known number of
executions:
  aws ce get-cost-and-usage --time-period Start=$DAY,End=$NEXT --granularity DAILY --metrics UnblendedCost \\
    --filter '{\"Tags\":{\"Key\":\"aws:cloudformation:stack-name\",\"Values\":[\"STACK\"]}}' \\
    --group-by Type=DIMENSION,Key=USAGE_TYPE
Compare with the cost table of the README, which leaves the free tiers out.",
    },
    Manual {
        number: 10,
        title: "Which trace header Lambda takes for a batch of several chains",
        costs: "nothing",
        steps: "\
Send two messages with different AWSTraceHeader attributes in one SendMessageBatch to a queue whose
function (a test function with BatchSize 10 and a window of 1 s) logs its _X_AMZN_TRACE_ID and its event:
  aws sqs send-message-batch --queue-url $QUEUE --entries '[
    {\"Id\":\"a\",\"MessageBody\":\"a\",\"MessageSystemAttributes\":{\"AWSTraceHeader\":{\"DataType\":\"String\",
     \"StringValue\":\"Root=1-5759e988-aaaaaaaaaaaaaaaaaaaaaaaa;Sampled=0\"}}},
    {\"Id\":\"b\",\"MessageBody\":\"b\",\"MessageSystemAttributes\":{\"AWSTraceHeader\":{\"DataType\":\"String\",
     \"StringValue\":\"Root=1-5759e988-bbbbbbbbbbbbbbbbbbbbbbbb;Sampled=0\"}}}]'",
    },
];

/// Prints all steps.
pub(super) fn print() {
    println!("For a person:\n");
    for Manual { number, title, costs, steps } in &ALL {
        println!("{number}. {title}\n   costs: {costs}");
        for line in steps.lines() {
            println!("   {line}");
        }
        println!();
    }
}

/// The numbers and titles, in one line.
pub(super) fn titles() -> String {
    let titles: Vec<String> = ALL.iter().map(|check| format!("{}. {}", check.number, check.title)).collect();
    titles.join("; ")
}
