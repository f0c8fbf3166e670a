//! Expressions within expressions, and functions that call themselves.

use super::{own, repeat};

/// Deep trees, of every construct that can hold another.
pub(super) fn deep() -> Vec<String> {
    let mut all = Vec::new();
    for times in [90, 200, 249, 1000, 100_000] {
        for (open, middle, close) in [
            ("(", "1", ")"),
            ("[", "1", "]"),
            ("{'a':", "1", "}"),
            ("-", "1", ""),
            ("1+", "1", ""),
            ("a.", "a", ""),
            ("a[", "1", "]"),
            ("a^(", "a", ")"),
            ("a{a:", "1", "}"),
            ("$f(", "1", ")"),
            ("function(){", "1", "}"),
            ("true?", "1", ""),
            ("true?1:", "1", ""),
            ("$x:=", "1", ""),
            ("|a|", "{}", "|"),
            ("(function($x){", "$x", "})(1)"),
            ("$string(", "1", ")"),
            ("%.", "a", ""),
            ("a@$x.", "a", ""),
            ("", "1", " & '1'"),
            ("", "a", "[0]"),
            ("", "a", "[]"),
            ("", "a", ".b"),
            ("", "a", "#$i"),
            ("", "a", "^(b)"),
            ("", "1", " ~> $string"),
            ("", "$f", "(?)"),
            ("", "$f", "()"),
            ("", "1", ";1"),
            ("", "true", " and true"),
        ] {
            all.push(repeat(open, middle, close, times));
        }
    }
    all
}

/// Functions that call themselves, in all the ways there are.
pub(super) fn recursive() -> Vec<String> {
    own(&[
        "($f := function($n) { 1 + $f($n + 1) }; $f(0))",
        "($f := function() { $f() }; $f())",
        "($f := function($n) { $f($n + 1) }; $f(0))",
        "($f := function($n) { $g($n) }; $g := function($n) { $f($n) }; $f(0))",
        "($f := function($n) { [$g($n)] }; $g := function($n) { [$f($n)] }; $f(0))",
        "($f := function($n) { $map([1], function($x) { $f($n) }) }; $f(0))",
        "($f := function($n) { $map([1, 2], $f) }; $f(0))",
        "($f := function($n) { $filter([1], function($x) { $f($n) }) }; $f(0))",
        "($f := function($n) { $reduce([1, 2], function($a, $b) { $f($n) }) }; $f(0))",
        "($f := function($n) { $sort([2, 1], function($a, $b) { $f($n) }) }; $f(0))",
        "($f := function($n) { $each({'a': 1}, function($v) { $f($n) }) }; $f(0))",
        "($f := function($n) { $sift({'a': 1}, function($v) { $f($n) }) }; $f(0))",
        "($f := function($n) { $single([1], function($v) { $f($n) }) }; $f(0))",
        "($f := function($n) { $replace('a', /a/, function($m) { $f($n) }) }; $f(0))",
        "($f := function($n) { {'a': $f($n)} }; $f(0))",
        "($f := function($n) { $n ~> $f }; $f(0))",
        "($f := function($n) { $n ~> $f() }; $f(0))",
        "($f := function($n) { $f($n) ~> $string }; $f(0))",
        "($f := function($n) { ([1])[$f($n)] }; $f(0))",
        "($f := function($n) { [1, 2]^($f($n)) }; $f(0))",
        "($f := function($n) { [1]@$x.$f($n) }; $f(0))",
        "($f := function($n) { {'a': [1]} ~> |a|{'b': $f($n)}| }; $f(0))",
        "($f := function($n)<n:n> { $f($n) }; $f(0))",
        "($f := function($n) { $n > 0 ? $f($n) : $f($n + 1) }; $f(0))",
        "($f := function($n) { ($x := $n; $f($x)) }; $f(0))",
        "($f := function($n, $k) { $f($n + 1, function() { $k() }) }; $f(0, function() { 1 }))",
        "($f := function($n, $k) { $n > 3000 ? $k : $f($n + 1, function() { $k() }) }; $f(0, function() { 1 }))",
        "($f := function($n, $k) { $n > 3000 ? $k : $f($n + 1, [$k, function() { $k }]) }; $f(0, 1))",
        "($f := function($n, $k) { $n > 3000 ? $k() : $f($n + 1, function() { 1 + $k() }) }; $f(0, function() { 1 }))",
        "($f := function($n, $k) { $n > 3000 ? $k() : $f($n + 1, $k ~> $k) }; $f(0, function($x) { $x }))",
        "($f := function($n, $k) { $n > 9 ? $k(1) : $f($n + 1, $k ~> $k) }; $f(0, function($x) { $x }))",
        "($f := function($n, $p) { $f($n + 1, $p(?)) }; $f(0, function($x) { $x }))",
        "($f := function($n, $p) { $n > 2000 ? $p : $f($n + 1, $substring(?, $p)) }; $f(0, 1))",
        "($y := function($f) { (function($x) { $f($x($x)) })(function($x) { $f($x($x)) }) }; $y(function($g) { $g }))",
        "(function($x) { $x($x) })(function($x) { $x($x) })",
        "(function($x) { [$x($x)] })(function($x) { [$x($x)] })",
        "($e := '$eval($e)'; $eval($e))",
        "$eval('$eval(\"$eval(1)\")')",
        "($f := function($n) { $eval('$f(1)') }; $f(0))",
        "($m := function($s) { {'match': 'a', 'start': 0, 'end': 1, 'groups': [], 'next': $m} }; $match('aaa', $m))",
        "($m := function($s) { {'match': '', 'start': 0, 'end': 0, 'groups': [], 'next': $m} }; $replace('aaa', $m, 'b'))",
        "($m := function($s) { {'match': 'zzz', 'start': 99, 'end': -5, 'groups': 1, 'next': 1} }; $split('aé', $m))",
    ])
}
