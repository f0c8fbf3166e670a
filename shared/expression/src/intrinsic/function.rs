//! The names of the eighteen functions and how many arguments each takes.

use std::ops::RangeInclusive;

/// An intrinsic function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Array,
    ArrayPartition,
    ArrayContains,
    ArrayRange,
    ArrayGetItem,
    ArrayLength,
    ArrayUnique,
    Base64Encode,
    Base64Decode,
    Hash,
    JsonMerge,
    StringToJson,
    JsonToString,
    MathRandom,
    MathAdd,
    StringSplit,
    Uuid,
    Format,
}

impl Function {
    const ALL: [Self; 18] = [
        Self::Array,
        Self::ArrayPartition,
        Self::ArrayContains,
        Self::ArrayRange,
        Self::ArrayGetItem,
        Self::ArrayLength,
        Self::ArrayUnique,
        Self::Base64Encode,
        Self::Base64Decode,
        Self::Hash,
        Self::JsonMerge,
        Self::StringToJson,
        Self::JsonToString,
        Self::MathRandom,
        Self::MathAdd,
        Self::StringSplit,
        Self::Uuid,
        Self::Format,
    ];

    /// The function of that name, which is written without `States.`.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Array => "Array",
            Self::ArrayPartition => "ArrayPartition",
            Self::ArrayContains => "ArrayContains",
            Self::ArrayRange => "ArrayRange",
            Self::ArrayGetItem => "ArrayGetItem",
            Self::ArrayLength => "ArrayLength",
            Self::ArrayUnique => "ArrayUnique",
            Self::Base64Encode => "Base64Encode",
            Self::Base64Decode => "Base64Decode",
            Self::Hash => "Hash",
            Self::JsonMerge => "JsonMerge",
            Self::StringToJson => "StringToJson",
            Self::JsonToString => "JsonToString",
            Self::MathRandom => "MathRandom",
            Self::MathAdd => "MathAdd",
            Self::StringSplit => "StringSplit",
            Self::Uuid => "UUID",
            Self::Format => "Format",
        }
    }

    /// How many arguments it takes.
    pub(super) fn arity(self) -> RangeInclusive<usize> {
        match self {
            Self::Uuid => 0..=0,
            Self::ArrayLength
            | Self::ArrayUnique
            | Self::Base64Encode
            | Self::Base64Decode
            | Self::StringToJson
            | Self::JsonToString => 1..=1,
            Self::ArrayPartition
            | Self::ArrayContains
            | Self::ArrayGetItem
            | Self::Hash
            | Self::MathAdd
            | Self::StringSplit => 2..=2,
            Self::ArrayRange | Self::JsonMerge => 3..=3,
            Self::MathRandom => 2..=3,
            Self::Array => 0..=usize::MAX,
            Self::Format => 1..=usize::MAX,
        }
    }
}
