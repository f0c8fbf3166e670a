//! The two query languages: which one an object of the definition speaks, and which fields only one of them has.

use super::fields::Fields;

/// The language that a state's expressions are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    JsonPath,
    Jsonata,
}

/// Fields of a type of state, or of a part of one, that one language alone has: those of JSONPath, then those of JSONata.
const ONLY: [(&str, &[&str], &[&str]); 10] = [
    ("Pass", &["InputPath", "OutputPath", "Result", "ResultPath", "Parameters"], &["Output"]),
    (
        "Task",
        &[
            "InputPath",
            "OutputPath",
            "Parameters",
            "ResultSelector",
            "ResultPath",
            "TimeoutSecondsPath",
            "HeartbeatSecondsPath",
        ],
        &["Arguments", "Output"],
    ),
    ("Wait", &["InputPath", "OutputPath", "SecondsPath", "TimestampPath"], &["Output"]),
    ("Choice", &["InputPath", "OutputPath"], &["Output"]),
    ("Succeed", &["InputPath", "OutputPath"], &["Output"]),
    ("Fail", &["ErrorPath", "CausePath"], &[]),
    ("Parallel", &["InputPath", "OutputPath", "Parameters", "ResultSelector", "ResultPath"], &["Arguments", "Output"]),
    (
        "Map",
        &[
            "InputPath",
            "OutputPath",
            "Parameters",
            "ResultSelector",
            "ResultPath",
            "ItemsPath",
            "MaxConcurrencyPath",
            "ToleratedFailureCountPath",
            "ToleratedFailurePercentagePath",
        ],
        &["Items", "Output"],
    ),
    ("Choices", &["Variable", "And", "Or", "Not"], &["Output"]),
    ("Catch", &["ResultPath"], &["Output"]),
];

impl<'a> Fields<'a> {
    /// `QueryLanguage`. AWS takes every value but `JSONPath` for JSONata, and reports a wrong one besides.
    pub(super) fn query_language(&self, inherited: Language) -> Language {
        const NAME: &str = "QueryLanguage";
        if !self.has(NAME) {
            return inherited;
        }
        match self.word(NAME, &["JSONPath", "JSONata"]) {
            Some("JSONPath") => Language::JsonPath,
            Some(_) | None => Language::Jsonata,
        }
    }

    /// The language of a state. One that its machine speaks is spoken in all of its states.
    pub(super) fn language_of_state(&self, machine: Language) -> Language {
        let language = self.query_language(machine);
        if (machine, language) == (Language::Jsonata, Language::JsonPath) {
            let message = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine";
            self.report.schema(&self.place, message).focus(&self.at("QueryLanguage"));
            return machine;
        }
        language
    }

    /// Refuses the fields that only the other language has; `part` is a type of state, or a list of a state's.
    pub(super) fn refuse_other_language(&self, part: &str) {
        let Some((_, of_jsonpath, of_jsonata)) = ONLY.iter().find(|(name, _, _)| *name == part) else {
            return;
        };
        self.refuse_fields(match self.language {
            Language::JsonPath => of_jsonata,
            Language::Jsonata => of_jsonpath,
        });
    }

    /// Fields that only the other language has.
    pub(super) fn refuse_fields(&self, names: &[&'a str]) {
        let (spoken, other) = match self.language {
            Language::JsonPath => ("JSONPath", "JSONata"),
            Language::Jsonata => ("JSONata", "JSONPath"),
        };
        for name in names.iter().filter(|name| self.has(name)) {
            let message = format!(
                "The QueryLanguage is set to '{spoken}', but field '{name}' is only supported for the '{other}' QueryLanguage"
            );
            self.report.schema(&self.place, message).focus(&self.at(name));
        }
    }
}
