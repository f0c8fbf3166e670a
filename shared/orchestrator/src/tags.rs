//! Tags of machines and activities. What a tag looks like, and how many there may be, is the caller's affair.

use crate::{Error, Orchestrator};
use model::{ActivityArn, StateMachineArn};
use serde_json::Value;
use std::fmt;

/// What has tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tagged {
    /// A machine.
    Machine(StateMachineArn),
    /// An activity.
    Activity(ActivityArn),
}

impl fmt::Display for Tagged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Machine(arn) => arn.fmt(f),
            Self::Activity(arn) => arn.fmt(f),
        }
    }
}

impl Orchestrator {
    /// ListTagsForResource.
    pub async fn tags(&self, tagged: &Tagged) -> Result<Value, Error> {
        let catalog = &self.ports().catalog;
        let tags = match tagged {
            Tagged::Machine(arn) => catalog.machine(arn).await?.map(|machine| machine.tags),
            Tagged::Activity(arn) => catalog.activity(arn).await?.map(|activity| activity.tags),
        };
        tags.ok_or_else(|| Error::ResourceNotFound(tagged.clone()))
    }

    /// TagResource and UntagResource: the tags become what `change` makes of them, unless it refuses to.
    ///
    /// It is asked again when others change them at the same time.
    pub async fn change_tags<E: From<Error>>(
        &self,
        tagged: &Tagged,
        change: impl Fn(&Value) -> Result<Value, E>,
    ) -> Result<(), E> {
        let mut there = self.tags(tagged).await?;
        // Each loss is another's success.
        for _ in 0..100 {
            let tags = change(&there)?;
            if tags == there {
                return Ok(());
            }
            let catalog = &self.ports().catalog;
            let set = match tagged {
                Tagged::Machine(arn) => catalog.set_machine_tags(arn, &tags, &there).await,
                Tagged::Activity(arn) => catalog.set_activity_tags(arn, &tags, &there).await,
            };
            match set.map_err(Error::Port)? {
                Ok(()) => return Ok(()),
                Err(Some(now)) => there = now,
                Err(None) => return Err(Error::ResourceNotFound(tagged.clone()).into()),
            }
        }
        Err(Error::ResourceConflict(tagged.clone()).into())
    }
}
