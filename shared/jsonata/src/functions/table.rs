//! The table of all functions: name, signature, and how many parameters JavaScript would count.

use super::{
    Arguments, Run, aggregate, array, aws, control, date, encoding, higher_order, numeric, object, pattern, replace,
    string,
};
use crate::evaluate::{Machine, Result};
use crate::options::Dialect;
use crate::signature::Signature;
use std::sync::LazyLock;

/// A function, by its place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Native(usize);

struct Definition {
    name: &'static str,
    signature: &'static str,
    /// Parameters that higher-order functions see.
    arity: usize,
    /// Parameters that a partial application may give.
    parameters: usize,
    dialect: Option<Dialect>,
    run: Run,
}

const fn both(name: &'static str, signature: &'static str, arity: usize, run: Run) -> Definition {
    Definition { name, signature, arity, parameters: arity, dialect: None, run }
}

const fn only(dialect: Dialect, name: &'static str, signature: &'static str, arity: usize, run: Run) -> Definition {
    Definition { name, signature, arity, parameters: arity, dialect: Some(dialect), run }
}

static TABLE: &[Definition] = &[
    both("sum", "<a<n>:n>", 1, aggregate::sum),
    both("count", "<a:n>", 1, aggregate::count),
    both("max", "<a<n>:n>", 1, aggregate::max),
    both("min", "<a<n>:n>", 1, aggregate::min),
    both("average", "<a<n>:n>", 1, aggregate::average),
    Definition { parameters: 2, ..both("string", "<x-b?:s>", 1, string::string) },
    both("substring", "<s-nn?:s>", 3, string::substring),
    both("substringBefore", "<s-s:s>", 2, string::substring_before),
    both("substringAfter", "<s-s:s>", 2, string::substring_after),
    both("lowercase", "<s-:s>", 1, string::lowercase),
    both("uppercase", "<s-:s>", 1, string::uppercase),
    both("length", "<s-:n>", 1, string::length),
    both("trim", "<s-:s>", 1, string::trim),
    both("pad", "<s-ns?:s>", 3, string::pad),
    both("match", "<s-f<s:o>n?:a<o>>", 3, pattern::find_all),
    both("contains", "<s-(sf):b>", 2, pattern::contains),
    both("replace", "<s-(sf)(sf)n?:s>", 4, replace::replace),
    both("split", "<s-(sf)n?:a<s>>", 3, pattern::split),
    both("join", "<a<s>s?:s>", 2, string::join),
    both("formatNumber", "<n-so?:s>", 3, numeric::format_number),
    both("formatBase", "<n-n?:s>", 2, numeric::format_base),
    both("formatInteger", "<n-s:s>", 2, date::format_integer),
    both("parseInteger", "<s-s:n>", 2, date::parse_integer),
    both("number", "<(nsb)-:n>", 1, numeric::number),
    both("floor", "<n-:n>", 1, numeric::floor),
    both("ceil", "<n-:n>", 1, numeric::ceil),
    both("round", "<n-n?:n>", 2, numeric::round),
    both("abs", "<n-:n>", 1, numeric::abs),
    both("sqrt", "<n-:n>", 1, numeric::sqrt),
    both("power", "<n-n:n>", 2, numeric::power),
    only(Dialect::Reference, "random", "<:n>", 0, numeric::random),
    both("boolean", "<x-:b>", 1, control::boolean),
    both("not", "<x-:b>", 1, control::not),
    both("map", "<af>", 2, higher_order::map),
    Definition { parameters: 1, ..both("zip", "<a+>", 0, array::zip) },
    both("filter", "<af>", 2, higher_order::filter),
    both("single", "<af?>", 2, higher_order::single),
    both("reduce", "<afj?:j>", 3, higher_order::reduce),
    both("sift", "<o-f?:o>", 2, higher_order::sift),
    both("keys", "<x-:a<s>>", 1, object::keys),
    both("lookup", "<x-s:x>", 2, object::lookup),
    both("append", "<xx:a>", 2, array::append),
    both("exists", "<x:b>", 1, control::exists),
    both("spread", "<x-:a<o>>", 1, object::spread),
    both("merge", "<a<o>:o>", 1, object::merge),
    both("reverse", "<a:a>", 1, array::reverse),
    both("each", "<o-f:a>", 2, higher_order::each),
    both("error", "<s?:x>", 1, control::error),
    both("assert", "<bs?:x>", 2, control::assert),
    both("type", "<x:s>", 1, control::type_of),
    both("sort", "<af?:a>", 2, array::sort),
    both("shuffle", "<a:a>", 1, array::shuffle),
    both("distinct", "<x:x>", 1, array::distinct),
    both("base64encode", "<s-:s>", 1, encoding::base64_encode),
    both("base64decode", "<s-:s>", 1, encoding::base64_decode),
    both("encodeUrlComponent", "<s-:s>", 1, encoding::encode_component),
    both("encodeUrl", "<s-:s>", 1, encoding::encode_url),
    both("decodeUrlComponent", "<s-:s>", 1, encoding::decode_component),
    both("decodeUrl", "<s-:s>", 1, encoding::decode_url),
    only(Dialect::Reference, "eval", "<sx?:x>", 2, control::eval),
    both("toMillis", "<s-s?:n>", 2, date::to_millis),
    both("fromMillis", "<n-s?s?:s>", 3, date::from_millis),
    both("clone", "<(oa)-:o>", 1, object::clone),
    both("now", "<s?s?:s>", 2, date::now),
    both("millis", "<:n>", 0, date::millis),
    only(Dialect::Aws, "random", "<n?:n>", 1, aws::random),
    only(Dialect::Aws, "partition", "<x?n?:a>", 2, aws::partition),
    only(Dialect::Aws, "range", "<nnn?:a>", 3, aws::range),
    only(Dialect::Aws, "hash", "<ss?:s>", 2, aws::hash),
    only(Dialect::Aws, "uuid", "<:s>", 0, aws::uuid),
    only(Dialect::Aws, "parse", "<s?:x>", 1, aws::parse),
];

static SIGNATURES: LazyLock<Vec<Option<Signature>>> =
    LazyLock::new(|| TABLE.iter().map(|definition| Signature::parse(definition.signature).ok()).collect());

impl Native {
    /// The function of that name. Where the dialects differ, [`Self::call`] decides.
    pub(crate) fn find(name: &str) -> Option<Self> {
        TABLE.iter().position(|definition| definition.name == name).map(Self)
    }

    fn definition(self) -> &'static Definition {
        &TABLE[self.0]
    }

    /// The function as the dialect has it; none if it has none of that name.
    pub(crate) fn within(self, dialect: Dialect) -> Option<Self> {
        let name = self.definition().name;
        let is_here =
            |definition: &Definition| definition.name == name && definition.dialect.is_none_or(|only| only == dialect);
        if is_here(self.definition()) { Some(self) } else { TABLE.iter().position(is_here).map(Self) }
    }

    pub(crate) fn signature(self) -> Option<&'static Signature> {
        SIGNATURES.get(self.0)?.as_ref()
    }

    pub(crate) fn arity(self) -> usize {
        self.definition().arity
    }

    /// Whether a parameter has a default in the reference.
    pub(crate) fn has_default(self) -> bool {
        self.definition().name == "string"
    }

    pub(crate) fn parameters(self) -> usize {
        self.definition().parameters
    }

    pub(crate) fn call<'a>(self, machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
        machine.meter.spend(1)?;
        (self.definition().run)(machine, arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::{SIGNATURES, TABLE};

    #[test]
    fn every_signature_parses() {
        for (definition, signature) in TABLE.iter().zip(SIGNATURES.iter()) {
            assert!(signature.is_some(), "{}", definition.name);
        }
    }
}
