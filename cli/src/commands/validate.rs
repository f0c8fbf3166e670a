//! `ratchet validate`: every finding in each definition.

use crate::arguments::Validate;
use crate::definition::Definition;
use crate::error::USAGE;

pub(super) fn run(arguments: &Validate) -> u8 {
    let mut code = 0;
    let mut good = 0;
    for path in &arguments.definitions {
        match Definition::read(path) {
            Ok(definition) => {
                let (findings, refused) = definition.findings();
                for finding in findings {
                    println!("{finding}");
                }
                if refused {
                    code = code.max(1);
                } else {
                    good += 1;
                }
            }
            Err(error) => {
                eprintln!("error: {error}");
                code = USAGE;
            }
        }
    }
    if good > 0 {
        eprintln!("{good} of {} valid", arguments.definitions.len());
    }
    code
}
