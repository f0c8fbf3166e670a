//! What `ratchet` says about commands that it is built without.

#![cfg(not(feature = "aws"))]

use std::process::Command;

#[test]
fn commands_that_need_aws_say_how_to_get_them() -> anyhow::Result<()> {
    for arguments in
        [&["bridge", "--map", "x"][..], &["bridge", "--help"], &["doctor", "--aws", "--stack", "s"], &["doctor"]]
    {
        let output = Command::new(env!("CARGO_BIN_EXE_ratchet")).args(arguments).output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let how = format!("cargo run --release --features aws -- {} ...", arguments[0]);
        anyhow::ensure!(said.contains(&how), "{arguments:?}: {said}");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    Ok(())
}
