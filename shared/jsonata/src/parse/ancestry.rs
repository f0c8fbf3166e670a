//! Which step each `%` refers to. Steps are found from the inside out: a `%` seeks its step, level by level, through
//! the paths around it.

use crate::ast::{Expr, Kind, Slot};
use crate::error::{Code, Error};
use std::sync::{Arc, OnceLock};

/// All `%` of an expression, with the number of steps that each has still to go up.
#[derive(Default)]
pub(super) struct Ancestry {
    slots: Vec<(Slot, i32)>,
}

impl Ancestry {
    pub(super) fn new_slot(&mut self) -> Slot {
        let slot = Slot { number: self.slots.len(), label: Arc::new(OnceLock::new()) };
        self.slots.push((slot.clone(), 1));
        slot
    }

    /// A predicate's slots look at the step that it stands behind, which they count as one level.
    pub(super) fn resolve_predicate(&mut self, step: &mut Expr, predicate: &Expr) -> Result<(), Error> {
        if predicate.step.seeking.is_empty() {
            return Ok(());
        }
        for &slot in &predicate.step.seeking {
            if self.slots[slot].1 == 1 {
                self.seek(step, slot)?;
            } else {
                self.slots[slot].1 -= 1;
            }
        }
        pass_on(predicate, &mut step.step.seeking);
        Ok(())
    }

    /// Slots of the path's last step look for their step among those before it.
    pub(super) fn resolve_path(&mut self, path: &mut Expr) -> Result<(), Error> {
        let Kind::Path { steps, .. } = &mut path.kind else { return Ok(()) };
        let Some((last, before)) = steps.split_last_mut() else { return Ok(()) };
        let mut seeking = Vec::new();
        pass_on(last, &mut seeking);
        for slot in seeking {
            let mut index = before.len();
            while self.slots[slot].1 > 0 {
                if index == 0 {
                    path.step.seeking.push(slot);
                    break;
                }
                index -= 1;
                // Of steps in a row that bind the context, only the first counts.
                while index > 0 && before[index].step.focus.is_some() && before[index - 1].step.focus.is_some() {
                    index -= 1;
                }
                self.seek(&mut before[index], slot)?;
            }
        }
        Ok(())
    }

    /// Goes up one level at `node`; there, the slot may have arrived.
    fn seek(&mut self, node: &mut Expr, slot: usize) -> Result<(), Error> {
        match &mut node.kind {
            Kind::Name(_) | Kind::Wildcard => {
                let (found, level) = &mut self.slots[slot];
                *level -= 1;
                if *level == 0 {
                    let label = match &node.step.ancestor {
                        Some(known) => known.label().to_owned(),
                        None => format!("!{slot}"),
                    };
                    let _ = found.label.set(label);
                    node.step.ancestor = Some(found.clone());
                    node.step.is_tuple = true;
                }
            }
            Kind::Parent(_) => self.slots[slot].1 += 1,
            Kind::Block { expressions, .. } => {
                if let Some(last) = expressions.last_mut() {
                    node.step.is_tuple = true;
                    self.seek(last, slot)?;
                }
            }
            Kind::Path { steps, .. } => {
                node.step.is_tuple = true;
                for (from_last, step) in steps.iter_mut().rev().enumerate() {
                    if from_last > 0 && self.slots[slot].1 <= 0 {
                        break;
                    }
                    self.seek(step, slot)?;
                }
            }
            _ => return Err(underivable(node)),
        }
        Ok(())
    }
}

/// What `value` seeks, its surroundings seek.
pub(super) fn pass_on(value: &Expr, seeking: &mut Vec<usize>) {
    seeking.extend(&value.step.seeking);
    if let Kind::Parent(slot) = &value.kind {
        seeking.push(slot.number);
    }
}

/// There is no step whose context `%` could be.
pub(super) fn underivable(node: &Expr) -> Error {
    let error = Error::new(Code::S0217).with_token(node.kind_name());
    match node.position {
        Some(position) => error.with_position(position),
        None => error,
    }
}
