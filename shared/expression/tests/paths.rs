//! JSONPath beyond the golden file: Jayway's grammar, coercions, functions and words, one table per subject.

use ratchet_expression::JsonPath;
use serde_json::{Value, json};

fn document() -> Value {
    json!({
        "n": [1, 2.5, 10, -3],
        "s": ["a", "b", "it's"],
        "o": { "k": 1, "a b": { "c": [true] }, "q\"uo'te\\": 2 },
        "items": [
            { "id": 1, "tags": ["x", "y"], "name": "Ann", "price": "5" },
            { "id": 2, "tags": [], "name": "", "price": 5.0 },
            { "id": 3, "name": null, "nested": [{ "v": 1 }, { "v": 2 }] },
        ],
        "limit": 2,
        "null": null,
        "text": "hello",
        "mixed": ["1", 1, { "a": 1 }],
        "same": [{ "a": 1, "b": 2 }, { "b": 2, "a": 1 }],
        "like": ["$.n", "[1]"],
    })
}

/// `expected` starts with `!` for an error text, else it is JSON.
fn check(path: &str, expected: &str) {
    let document = document();
    let found = JsonPath::parse(path).and_then(|parsed| parsed.evaluate(&document).map(std::borrow::Cow::into_owned));
    let found = match found {
        Ok(value) => value.to_string(),
        Err(error) => format!("!{error}"),
    };
    assert_eq!(found, expected, "{path}");
}

#[test]
fn names_and_indexes() {
    for (path, expected) in [
        ("$.o['a b'].c[0]", "true"),
        ("$['o'][\"a b\"]['c']", "[true]"),
        ("$.o['q\\\"uo\\'te\\\\']", "2"),
        ("$[ 'limit' ]", "2"),
        ("$['l\\u0069mit']", "2"),
        ("  $.limit  ", "2"),
        ("limit", "2"),
        ("$.n[-1]", "-3"),
        ("$.n[ 1 ]", "2.5"),
        ("$.null", "null"),
        ("$.null[0]", "!The path $['null'] is null"),
        ("$.text[0]", "!Filter: [0] can only be applied to arrays. Current context is: hello"),
        ("$.text[0].a", "!Filter: [0]['a'] can only be applied to arrays. Current context is: hello"),
        (
            "$.o[0]",
            r#"!Filter: [0] can only be applied to arrays. Current context is: {k=1, a b={c=[true]}, q"uo'te\=2}"#,
        ),
        ("$.n[7].x", "!No results for path: $['n'][7]['x']"),
        ("$.o.x.y", "!Missing property in path $['o']['x']"),
        ("$.o[\"x\"]", "!No results for path: $['o'][\"x\"]"),
        ("$['n','limit']", r#"{"n":[1,2.5,10,-3],"limit":2}"#),
        ("$['nope','limit']", r#"{"limit":2}"#),
        ("$['o','limit'].k", "[1]"),
    ] {
        check(path, expected);
    }
}

#[test]
fn slices_lists_and_wildcards() {
    for (path, expected) in [
        ("$.n[1:]", "[2.5,10,-3]"),
        ("$.n[:2]", "[1,2.5]"),
        ("$.n[:-1]", "[1,2.5,10]"),
        ("$.n[-2:]", "[10,-3]"),
        ("$.n[1:3:2]", "[2.5,10]"),
        ("$.n[0:-1]", "[]"),
        ("$.n[-1:1]", "[-3,1]"),
        ("$.n[-2147483648:1]", "[1,2.5,10,-3,1]"),
        ("$.n[0,2,9]", "[1,10]"),
        ("$.n[0, 2]", "[1,10]"),
        ("$.n[*]", "[1,2.5,10,-3]"),
        ("$.n[ * ]", "[1,2.5,10,-3]"),
        ("$.items[*].tags[0]", r#"["x"]"#),
        ("$..v", "[1,2]"),
        ("$.items..v", "[1,2]"),
        ("$..nested[0].v", "[1]"),
        ("$..[0].v", "[1]"),
        ("$.items[*].nested[*].v", "[1,2]"),
        ("$.o.*", r#"[1,{"c":[true]},2]"#),
        ("$.limit.*", "[]"),
        ("$.limit[1:]", "!Filter: [1:] can only be applied to arrays. Current context is: 2"),
    ] {
        check(path, expected);
    }
}

#[test]
fn filters_compare_as_jayway_does() {
    for (filter, expected) in [
        ("@.id > 1", "[2,3]"),
        ("@.id>=2 && @.id<3", "[2]"),
        ("@.id == 1 || @.id == 3", "[1,3]"),
        ("!(@.id == 1)", "[2,3]"),
        ("@.id == $.limit", "[2]"),
        ("$.limit == @.id", "[2]"),
        ("@.price == 5", "[1,2]"),
        ("@.price == '5'", "[1,2]"),
        ("@.price === 5", "[2]"),
        ("@.price !== 5", "[1,3]"),
        ("@.tags", "[1,2]"),
        ("!@.tags", "[3]"),
        ("@.nested[*].v", "[3]"),
        ("@.nested[0].v == 1", "[3]"),
        ("@.nested[?(@.v == 2)] empty false", "[3]"),
        ("@.name == null", "[3]"),
        ("@.name == ''", "[2]"),
        ("@.nope == @.nope", "[]"),
        ("@.nope != 1", "[1,2,3]"),
        ("@.name < 'B'", "[1,2]"),
        ("@.name =~ /a.*/i", "[1]"),
        ("@.name =~ /nn/", "[]"),
        ("@.name =~ /\\w{3}/", "[1]"),
        ("/[A-Z]\\w+/ =~ @.name", "[1]"),
        ("@.tags =~ /x|z/", "[1]"),
        ("@.id in [1, '3']", "[1,3]"),
        ("@.id in ['01']", "[1]"),
        ("@.name in ['Ann', Bob]", "[1]"),
        ("@.id nin [1, 2]", "[3]"),
        ("@.id IN $.n", "[1]"),
        ("@.tags contains 'x'", "[1]"),
        ("@.name contains 'nn'", "[1]"),
        ("@.tags size 2", "[1]"),
        ("@.name size 0", "[2]"),
        ("@.tags empty true", "[2]"),
        ("@.tags empty false", "[1]"),
        ("@.tags subsetof ['x','y','z']", "[1,2]"),
        ("@.tags anyof ['y']", "[1]"),
        ("@.tags noneof ['y']", "[2]"),
        ("@.tags == ['x','y']", "[1]"),
        ("['x','y'] == @.tags", "[]"),
        ("@.tags all ['x']", "[]"),
        ("@.tags.length() > 1", "[1]"),
        ("@['id'] == 1e0", "[1]"),
        ("@.id == 1 && true == true", "[1]"),
    ] {
        check(&format!("$.items[?({filter})].id"), expected);
    }
    for (path, expected) in [
        ("$.same[?(@ == $.same[0])]", r#"[{"a":1,"b":2},{"b":2,"a":1}]"#),
        ("$.s[?(@ == 'it\\'s')]", r#"["it's"]"#),
        ("$.s[?(@ == \"it's\")]", r#"["it's"]"#),
        ("$.like[?(@ in $.like)]", "[]"),
        ("$.n[?(@ in $.mixed)]", "!Could not determine value type"),
        ("$.text[?(@.a)]", "!Filter: [?] can not be applied to primitives. Current context is: hello"),
        ("$..[?(@.v > 1)]", r#"[{"v":2}]"#),
        ("$.items[?(@.nope.sum() > 1)]", "[]"),
    ] {
        check(path, expected);
    }
}

#[test]
fn functions_have_jayways_oddities() {
    for (path, expected) in [
        ("$.n.length()", "4"),
        ("$.n.size()", "4"),
        ("$.o.length()", "3"),
        ("$.text.length()", "null"),
        ("$.n.sum()", "10.5"),
        ("$.n.min()", "-3.0"),
        ("$.n.max()", "10.0"),
        ("$.n.avg()", "2.625"),
        ("$.sum($.n, 1, 2)", "13.5"),
        ("$.s.sum()", "!Aggregation function attempted to calculate value using empty array"),
        ("$.o.keys()", r#"["k","a b","q\"uo'te\\"]"#),
        ("$.n.keys()", "null"),
        ("$.s.concat(\"-\", $.text, $.limit)", r#""abit's-hello2""#),
        ("$.n.append(7)", "[1,2.5,10,-3,7]"),
        ("$.n.first()", "1"),
        ("$.n.last()", "-3"),
        ("$.n.index(1)", "2.5"),
        ("$.n.index(-2)", "10"),
        ("$.n.index(9)", "!Index 9 out of bounds for length 4"),
        ("$.o['a b'].c.last()", "!Target index:-1 larger than object count:1"),
        ("$.n.nope()", "!Function with name: nope does not exist."),
        ("$..v.sum()", "3.0"),
        ("$.items[*].tags.length()", "[2,0]"),
        ("$.items[*].id.length()", "[null,null,null]"),
        (
            "$.s.first().length()",
            "!Expected to find an object with property [')'] in path $['s'] but found 'java.lang.String'. This is not a json object according to the JsonProvider: 'com.jayway.jsonpath.spi.json.JsonSmartJsonProvider'.",
        ),
    ] {
        check(path, expected);
    }
}

#[test]
fn malformed_paths_are_refused_in_jayways_words() {
    for (path, expected) in [
        ("$foo", "!Illegal character at position 1 expected '.' or '['"),
        ("$...a", "!Character '.' on position 3 is not valid."),
        ("$.a b", "!Use bracket notion ['my prop'] if your property contains blank characters. position: 2"),
        ("$.a[b]", "!Could not parse token starting at position 3. Expected ?, ', 0-9, * "),
        ("$.a[?]", "!Not enough predicates supplied for filter [?] at position 3"),
        ("$.a[?@.b]", "!Could not parse token starting at position 3. Expected ?, ', 0-9, * "),
        ("$.a[::-1]", "!Failed to parse SliceOperation: ::-1"),
        ("$.a[:]", "!Failed to parse SliceOperation: :"),
        ("$.a[1,]", "!Failed to parse token in ArrayIndexOperation: "),
        ("$.a[99999999999]", "!Failed to parse token in ArrayIndexOperation: 99999999999"),
        ("$.a[1:99999999999]", "!java.lang.NumberFormatException: For input string: \"99999999999\""),
        ("$['a", "!Property has not been closed - missing closing '"),
        ("$['a',,'b']", "!Found empty property at index 6"),
        ("$['a',]", "!Found empty property at index 6"),
        ("$[*", "!Expected wildcard token to end with ']' on position 3"),
        ("$.a(", "!Arguments to function: 'a' are not closed properly."),
        ("$.a[?(@.b = 1)]", "!Expected character: )"),
        ("$.a[?(1)]", "!Expected path node"),
        ("$.a[?(@.b == c)]", "!Failed to parse filter: [?(@.b == c)], error on position: 10, char: c"),
        ("$[", "!java.lang.StringIndexOutOfBoundsException: String index out of range: 2"),
    ] {
        check(path, expected);
    }
}

#[test]
fn reference_paths_are_single_names_and_indexes() {
    for (path, expected) in [
        ("$", true),
        ("$.a.b[0]['c d']", true),
        ("$.a[-1]", false),
        ("$.a[0,1]", false),
        ("$['a','b']", false),
        ("$..a", false),
        ("$.a[*]", false),
        ("$.a[?(@.b)]", false),
        ("$.a[1:]", false),
        ("$.a.length()", false),
        ("@.a", false),
    ] {
        assert_eq!(JsonPath::parse(path).unwrap().is_reference(), expected, "{path}");
    }
}

#[test]
fn a_definite_path_borrows_what_it_finds() {
    let document = document();
    let found = JsonPath::parse("$.o['a b'].c").unwrap();
    assert!(matches!(found.evaluate(&document), Ok(std::borrow::Cow::Borrowed(_))));
}

#[test]
fn an_evaluation_that_would_take_all_day_is_given_up() {
    let mut document = json!(1);
    for _ in 0..60 {
        document = json!([document, 1]);
    }
    let path = JsonPath::parse(&format!("${}", "..*".repeat(8))).unwrap();
    assert_eq!(path.evaluate(&document).unwrap_err().to_string(), "the path visits more than 5000000 values");
}
