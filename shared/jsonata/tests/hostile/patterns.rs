//! Regular expressions.

use super::repeat;

/// Regular expressions that take exponential time where nothing counts.
pub(super) fn patterns() -> Vec<String> {
    let long = "a".repeat(200);
    let mut all: Vec<String> = [
        "(a+)+$",
        "(a*)*$",
        "(a|a)*$",
        "(a|aa)+$",
        "(.*)*$",
        "([a-z]+)*$",
        "(a+){10}$",
        "(?:a?){60}a{60}$",
        "(a*?)*?$",
        "((a+)+)+$",
        "(a+)\\\\1+$",
        "(?=(a+)+$)x",
        "(?!(a+)+$)x",
        "(?<=(a+)+)x",
        "(?<!(a+)+x)x",
        "(x+x+)+y",
        "^(([a-z])+.)+[A-Z]([a-z])+$",
        "(a{1,100}){1,100}$",
        "(()|a)+$",
        "(?:){1000000}x",
        "(?:a{0,1000000}){0,1000000}x",
        "a{2147483647}",
        "a{99999999999999999999}",
        "(a{0,5}){0,5}{0,5}",
    ]
    .iter()
    .map(|pattern| format!("$contains('{long}!', /{pattern}/)").replace("\\\\", "\\"))
    .collect();
    all.push(format!("$match('', /{}/)", repeat("(", "a", ")", 5000)));
    all.push(format!("$match('', /{}/)", repeat("(?=", "a", ")", 99)));
    all.push(format!("$match('{long}', /{}/)", "a?".repeat(10_000)));
    all.push(format!("$match('{long}', /{}/)", "(a|b|c)*".repeat(200)));
    all.push(format!("$match('{long}', /[{}]/)", "a-z".repeat(10_000)));
    for broken in
        ["(", ")", "[", "a**", "*", "(?<a", "\\\\", "(?<a>x)(?<a>y)", "[z-a]", "a{2,1}", "(?", "\\\\k<x>(?<y>a)"]
    {
        all.push(format!("$match('a', /{broken}/)").replace("\\\\", "\\"));
    }
    for pattern in [
        "a{1000}{1000}",
        "(a{1000}){1000}",
        "(?:a{1,1000}){1,1000}b",
        "((((a*)*)*)*)*b",
        "(a?){1000}b",
        "(?:(a)|(b)|(c)|(d)){1,}e",
        "(?=(a*))\\1b",
        "(?:(?=a)){1000000}b",
        "(a*)(a*)(a*)(a*)(a*)b",
        "\\b(?:\\w+\\b)*!!",
        "(?<=a*a*a*)b",
        "[^]*[^]*[^]*b",
        "(?:.|\\n)*?b",
        "(a+)+\\1+b",
        "^(?:a|a|a|a)*$",
        "(?i:a)",
    ] {
        all.push(format!("$contains('{long}', /{pattern}/)").replace("\\\\", "\\"));
        all.push(format!("[1..1000][$contains('{long}', /{pattern}/)]").replace("\\\\", "\\"));
        all.push(format!("$match('{long}{long}', /{pattern}/im)").replace("\\\\", "\\"));
    }
    let groups = "(a)".repeat(900);
    all.push(format!("$match('{long}', /(?:{groups})?/)"));
    all.push(format!("$match('{}', /(?:{groups})*/)", "a".repeat(9000)));
    all.push(format!("$replace('{}', /(?:{})*?a/, '$1$2$3$900')", "a".repeat(9000), "(b)?".repeat(900)));
    for flags in ["g", "ii", "mm", "x", "gimsuy", "i i", "é"] {
        all.push(format!("/a/{flags}"));
        all.push(format!("$match('a', /a/{flags})"));
    }
    for text in ["é", "\u{1f600}", "ß", "İ", "\u{2028}"] {
        all.push(format!("$match($pad('', 1000, '{text}'), /{text}+?/i)"));
        all.push(format!("$split($pad('', 1000, '{text}'), /(?:)/)"));
        all.push(format!("$replace($pad('', 1000, '{text}'), /./, function($m) {{ $m.match & $string($m.end) }})"));
    }
    all.push("$replace('abc', /x*/, '-')".to_owned());
    all.push("$split('abc', /(?:)/)".to_owned());
    all
}
