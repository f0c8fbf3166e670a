//! Why a path cannot be read or does not lead anywhere, in Jayway's words: AWS shows them to users.

/// A path that is not well formed, or that failed on its document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The path is not well formed.
    #[error("{0}")]
    Syntax(String),
    /// The path is nested or long beyond this implementation's limits.
    #[error("the path has more than {limit} {of}")]
    TooLarge {
        /// The limit.
        limit: usize,
        /// What is limited.
        of: &'static str,
    },
    /// Nothing at the end of a definite path.
    #[error("No results for path: {path}")]
    NoResults {
        /// The whole path, normalized.
        path: String,
    },
    /// A property on the way is missing.
    #[error("Missing property in path {path}")]
    MissingProperty {
        /// The path up to the missing property.
        path: String,
    },
    /// A property of something that is no object.
    #[error(
        "Expected to find an object with property {property} in path {path} but found '{class}'. This is not a json object according to the JsonProvider: 'com.jayway.jsonpath.spi.json.JsonSmartJsonProvider'."
    )]
    NotAnObject {
        /// The property in brackets.
        property: String,
        /// The path so far.
        path: String,
        /// The Java class of what is there.
        class: &'static str,
    },
    /// An index or slice of `null`.
    #[error("The path {path} is null")]
    NullArray {
        /// The path so far.
        path: String,
    },
    /// An index or slice of something that is no array.
    #[error("Filter: {step} can only be applied to arrays. Current context is: {found}")]
    NotAnArray {
        /// The step and all that follow it.
        step: String,
        /// What is there, as Java prints it.
        found: String,
    },
    /// A filter on a scalar.
    #[error("Filter: {step} can not be applied to primitives. Current context is: {found}")]
    Primitive {
        /// The step and all that follow it.
        step: String,
        /// What is there, as Java prints it.
        found: String,
    },
    /// A function name that Jayway does not know. It is noticed only when evaluated.
    #[error("Function with name: {name} does not exist.")]
    UnknownFunction {
        /// The name.
        name: String,
    },
    /// An operand of a filter has the wrong type for its operator. It never leaves the filter.
    #[error("Expected {expected} node")]
    Operand {
        /// The type that the operator needs.
        expected: &'static str,
    },
    /// An index outside its array, inside a function.
    #[error("Index {index} out of bounds for length {length}")]
    OutOfBounds {
        /// The index.
        index: i64,
        /// The array's length.
        length: usize,
    },
    /// A function or an operator failed on its data.
    #[error("{0}")]
    Failed(String),
    /// A variable that has not been assigned.
    #[error("The variable '{name}' is not defined")]
    UndefinedVariable {
        /// The variable's name.
        name: String,
    },
    /// A path that is valid, but names more than one place.
    #[error("'{text}' is not a reference path")]
    NotAReference {
        /// The path as it was written.
        text: String,
    },
    /// The evaluation was given up: it visited more values than this implementation allows.
    #[error("the path visits more than {limit} values")]
    TooMuchWork {
        /// The limit in values visited.
        limit: u64,
    },
    /// The evaluation was given up: what it found takes more memory than this implementation allows.
    #[error("what the path finds takes more than {limit} bytes of memory")]
    TooMuchData {
        /// The limit in bytes of memory.
        limit: usize,
    },
}

impl Error {
    pub(crate) fn undefined_variable(name: &str) -> Self {
        Self::UndefinedVariable { name: name.to_owned() }
    }

    pub(crate) fn not_a_reference(text: &str) -> Self {
        Self::NotAReference { text: text.to_owned() }
    }

    /// Whether the path is fine and the document does not have what it asks for.
    pub fn is_missing(&self) -> bool {
        matches!(
            self,
            Self::NoResults { .. }
                | Self::MissingProperty { .. }
                | Self::NotAnObject { .. }
                | Self::UndefinedVariable { .. }
        )
    }

    /// Jayway's PathNotFoundException: to a filter it means "undefined".
    pub(super) fn is_path_not_found(&self) -> bool {
        matches!(
            self,
            Self::NoResults { .. }
                | Self::MissingProperty { .. }
                | Self::NotAnObject { .. }
                | Self::NullArray { .. }
                | Self::NotAnArray { .. }
        )
    }

    /// Jayway's InvalidPathException and its subclasses: a filter that meets one rejects the item.
    pub(super) fn is_invalid_path(&self) -> bool {
        self.is_path_not_found()
            || matches!(self, Self::Primitive { .. } | Self::UnknownFunction { .. } | Self::Operand { .. })
    }
}
