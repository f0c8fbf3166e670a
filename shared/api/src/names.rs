//! Names of machines, executions and activities.

use crate::refusal::Refusal;

/// Refuses a name with a character that AWS does not allow. Its length is a constraint of the member.
///
/// Source: the API reference, `name` of CreateStateMachine; recorded for activities.
pub(crate) fn check(name: &str) -> Result<(), Refusal> {
    if name.chars().all(is_allowed) {
        return Ok(());
    }
    Err(Refusal::new("InvalidName", format!("Invalid Name: '{name}'")))
}

fn is_allowed(character: char) -> bool {
    if character.is_whitespace() || "<>{}[]?*\"#%\\^|~`$&,;:/".contains(character) {
        return false;
    }
    !matches!(character, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}'..='\u{ffff}' | '\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_of_paths_and_patterns_is_refused_in_aws_words() {
        for name in ["a$b", "a b", "a\"b", "\0a", "a\u{7f}", "a:b", "a/b", "a\u{a0}b", "a~"] {
            let refused = check(name).err().map(|refusal| (refusal.code, refusal.message));
            assert_eq!(refused, Some(("InvalidName", format!("Invalid Name: '{name}'"))), "{name:?}");
        }
    }

    #[test]
    fn dots_dashes_and_letters_of_any_script_are_allowed() {
        for name in ["activity.name.v2", "a-b_c", "été", "実行", "(a)+b=c@d!'"] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
    }
}
