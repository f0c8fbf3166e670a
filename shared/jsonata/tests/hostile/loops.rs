//! Loops without an end around work that is as large as its data: each pass must cost what it takes.

/// What is done, and the value `$v` that it is done with.
const WORK: &[(&str, &str)] = &[
    (TEXT, "$v = $w"),
    (TEXT, "$v != $w"),
    (TEXT, "$v < $w"),
    (TEXT, "$v >= $w"),
    (TEXT, "$v in [$w, 1]"),
    (TEXT, "$v & $w"),
    (TEXT, "$length($v)"),
    (TEXT, "$uppercase($v)"),
    (TEXT, "$lowercase($v)"),
    (TEXT, "$trim($v)"),
    (TEXT, "$pad($v, 100001)"),
    (TEXT, "$pad($v, 10)"),
    (TEXT, "$substring($v, 50000, 1)"),
    (TEXT, "$substringBefore($v, 'zz')"),
    (TEXT, "$substringAfter($v, 'zz')"),
    (TEXT, "$substringBefore($v, 'aaaaaaaaab')"),
    (TEXT, "$contains($v, 'zz')"),
    (TEXT, "$contains($v, $w & 'a')"),
    (TEXT, "$contains($v, /z/)"),
    (TEXT, "$contains($v, /[^a]/)"),
    (TEXT, "$contains($v, /(a)\\1b/)"),
    (TEXT, "$contains($v, /^(a+)\\1$/)"),
    (TEXT, "$contains($v, /(?<=b)a/)"),
    (TEXT, "$split($v, 'zz')"),
    (TEXT, "$split($v, /z/)"),
    (TEXT, "$split($v, '', 1)"),
    (TEXT, "$replace($v, 'zz', '')"),
    (TEXT, "$replace($v, 'a', '', 1)"),
    (TEXT, "$replace($v, /a/, '', 1)"),
    (TEXT, "$replace($v, /a/, function($m) { '' }, 10)"),
    (TEXT, "$match($v, /a/, 1)"),
    (TEXT, "$match($v, /a$/)"),
    (TEXT, "$match($v, function($s) { {'match': 'a', 'start': 99999, 'end': 99999, 'groups': []} }, 1)"),
    (TEXT, "($m := /a$/; $m($v).end)"),
    (TEXT, "$join([$v, $w], $v)"),
    (TEXT, "$string([$v])"),
    (TEXT, "$string({'a': $v})"),
    (TEXT, "$number('0' & $v)"),
    (TEXT, "$base64encode($v)"),
    (TEXT, "$base64decode($v)"),
    (TEXT, "$encodeUrl($v)"),
    (TEXT, "$encodeUrlComponent($v)"),
    (TEXT, "$decodeUrl($v)"),
    (TEXT, "$hash($v, 'SHA-512')"),
    (TEXT, "$hash($v, 'MD5')"),
    (TEXT, "$boolean($v)"),
    (TEXT, "$lookup({'a': 1}, $v)"),
    (TEXT, "$lookup([1..100].{'a': 1}, $v)"),
    (TEXT, "{$v: 1, $w & '': 2}"),
    (TEXT, "[1..100].{$v: 1}"),
    (TEXT, "[1..100]{$v: $}"),
    (TEXT, "$merge([{$v: 1}, {$w: 2}])"),
    (TEXT, "$keys([{$v: 1}, {$v: 1}])"),
    (TEXT, "$spread({$v: 1})"),
    (TEXT, "$sort([$v, $w, $v])"),
    (TEXT, "$distinct([$v, $w, $v])"),
    (TEXT, "[{'a': $v}, {'a': $w}]^(a)"),
    (TEXT, "{'a': [$v]} = {'a': [$w]}"),
    (TEXT, "$clone({'a': $v})"),
    (TEXT, "{'a': $v} ~> |$|{'b': a}|"),
    (TEXT, "$exists($toMillis('1', '[Y]' & $substring($v, 0, 1000)))"),
    (TEXT, "$fromMillis(0, $v)"),
    (TEXT, "$formatNumber(1, '0', {'zero-digit': '0', 'percent': $v})"),
    (TEXT, "$formatNumber(1, $v & '0')"),
    (ZEROS, "$boolean($v)"),
    (ZEROS, "$not($v)"),
    (ZEROS, "$v ? 1 : 2"),
    (ZEROS, "$v and true"),
    (ZEROS, "$v or false"),
    (ZEROS, "$filter([1], function() { $v })"),
    (ZEROS, "[1][$v]"),
    (ZEROS, "1 in $v"),
    (ZEROS, "$v = $append($v, [])"),
    (ZEROS, "$sum($v)"),
    (ZEROS, "$max($v)"),
    (ZEROS, "$average($v)"),
    (ZEROS, "$count($v[])"),
    (ZEROS, "$reverse($v)"),
    (ZEROS, "$append($v, 1)"),
    (ZEROS, "$append(1, $v)"),
    (ZEROS, "$shuffle($v)"),
    (ZEROS, "$zip($v, $v)"),
    (ZEROS, "$zip([1], $v)"),
    (ZEROS, "$sort($v)"),
    (ZEROS, "$string($v)"),
    (ZEROS, "$join($v)"),
    (ZEROS, "$keys($v)"),
    (ZEROS, "$spread($v)"),
    (ZEROS, "$merge($v)"),
    (ZEROS, "$lookup($v, 'a')"),
    (ZEROS, "$partition($v, 1000000)"),
    (ZEROS, "$single($v, function() { true })"),
    (ZEROS, "$v.a"),
    (ZEROS, "$v.*"),
    (ZEROS, "$v.**"),
    (ZEROS, "$v[0]"),
    (ZEROS, "$v[-1]"),
    (ZEROS, "$v[[0, 1]]"),
    (ZEROS, "$v#$i[0]"),
    (ZEROS, "$v@$x[0]"),
    (ZEROS, "$v^($)"),
    (ZEROS, "[$v, $v]"),
    (ZEROS, "[$v]"),
    (ZEROS, "{'a': $v}.a.b"),
    (ZEROS, "function($x)<a<n>:n> { 1 }($v)"),
    (OBJECT, "$v = $w"),
    (OBJECT, "$v = $merge([$w, {'0': 1}])"),
    (OBJECT, "$v.*"),
    (OBJECT, "$v.**"),
    (OBJECT, "$keys($v)"),
    (OBJECT, "$spread($v)"),
    (OBJECT, "$merge([$v, {'a': 1}])"),
    (OBJECT, "$each($v, function($x) { $x })"),
    (OBJECT, "$sift($v, function($x) { false })"),
    (OBJECT, "$v ~> |$|{'a': 1}|"),
    (OBJECT, "$v ~> |$|{}, '1'|"),
    (OBJECT, "$v ~> |$|{}, ['1', '2', '3']|"),
    (OBJECT, "$clone($v)"),
    (OBJECT, "$string($v)"),
    (OBJECT, "$boolean($v)"),
    (OBJECT, "$v in [$w]"),
    (OBJECT, "$distinct([$v, $w])"),
    (OBJECT, "$formatNumber(1, '0', $v)"),
    ("[1..1000].($ / 7)", "$string($v)"),
    ("[1..1000].($ / 7)", "$clone({'a': $v})"),
    ("[1..1000].($ / 7)", "$v.$formatBase($ * 1e300, 2)"),
    ("[1..1000].($ / 7)", "$v.$round($, 300)"),
    ("[1..1000].($ / 7)", "$v.$formatNumber($ * 1e300, '#,##0.00')"),
    ("[1..1000]", "$v.$formatInteger($ * 1e300, 'w')"),
    ("[1..1000]", "$v.$parseInteger('one', 'w')"),
    ("[1..1000]", "$v.$toMillis('1 january', '[D] [MNn]')"),
    ("[1..1000]", "$v.$fromMillis($)"),
    ("[1..1000]", "$v.$toMillis('2020-01-01')"),
    ("[1..1000]", "$v.$uuid()"),
    ("[1..1000]", "$v.$random(5)"),
    ("'9007199254740993'", "$parse($v)"),
    ("'1 + 1'", "$eval($v)"),
    ("function($a, $b) { $a }", "$v(?, 1)"),
    ("function($a, $b) { $a }", "$v ~> $v"),
    ("/a(b)?/", "$v('aab')"),
    ("|a|{'b': 1}|", "$v({'a': {}})"),
];

const TEXT: &str = "$pad('', 100000, 'a')";
const ZEROS: &str = "[1..10000].(0)";
const OBJECT: &str = "[1..2000]{$string($): $}";

pub(super) fn loops() -> Vec<String> {
    let mut all: Vec<String> = WORK
        .iter()
        .map(|(value, work)| {
            let copied = if *value == TEXT { "$substring($v & 'a', 1)" } else { *value };
            format!("($v := {value}; $w := {copied}; $f := function($n) {{ ({work}; $f($n + 1)) }}; $f(0))")
        })
        .collect();
    let name = "a".repeat(100_000);
    for work in ["$o.NAME", "$NAME", "$NAME.b", "{'NAME': 1}", "$o.'NAME'", "$o.{'a': NAME}", "$lookup($o, 'NAME')"] {
        let work = work.replace("NAME", &name);
        all.push(format!("($o := [1..20]{{$string($): $}}; $f := function($n) {{ ({work}; $f($n + 1)) }}; $f(0))"));
    }
    let signature = "n".repeat(20_000);
    all.push(format!("(function($x)<{signature}> {{ 1 }})('a')"));
    let many = (0..20_000).map(|index| format!("$a{index} := {index};")).collect::<Vec<_>>().concat();
    all.push(format!("({many} $f := function($n) {{ ($a19999; $f($n + 1)) }}; $f(0))"));
    let arguments = vec!["$v"; 20_000].join(",");
    all.push(format!("($v := [1..10]; $f := function($n) {{ ($zip({arguments}); $f($n + 1)) }}; $f(0))"));
    all.push("($f := function($n, $p) { $n > 5000 ? $g($p) : $f($n + 1, $p(?)) }; $g := function($p) { ($p(1); $g($p)) }; $f(0, function($x) { $none }))".to_owned());
    all.push("($f := function($n, $o) { $f($n + 1, $merge([$o, {$string($n): $n}])) }; $f(0, {}))".to_owned());
    all.push("($f := function($n, $a) { $f($n + 1, $append($a, $n)) }; $f(0, []))".to_owned());
    all.push("($f := function($n, $a) { $f($n + 1, [$a[], $n]) }; $f(0, []))".to_owned());
    all.push("($f := function($n, $s) { $f($n + 1, $s & 'x') }; $f(0, ''))".to_owned());
    all.push("($f := function($n, $s) { $f($n + 1, 'x' & $s) }; $f(0, ''))".to_owned());
    all.push("($f := function($n, $s) { $f($n + 1, $substring($s, 1)) }; $f(0, $pad('', 4000000)))".to_owned());
    all
}
