//! The matcher: a machine that tries, remembers what else there was to try, and counts its steps.

use super::class::{canonical, is_line_end, is_word};
use super::compile::{Instruction, One, Program};
use super::{Captures, Regex};
use crate::error::Error;
use crate::meter::Meter;

/// Units of memory of one thing remembered.
const MEMORY: usize = 24;

impl Regex {
    /// The first match at `from` or behind it.
    pub(crate) fn find(&self, text: &str, from: usize, meter: &Meter<'_>) -> Result<Option<Captures>, Error> {
        let program = &self.program;
        let first = match program.code.first() {
            Some(Instruction::One { what: One::Char(first), .. }) if !program.flags.ignores_case => Some(*first),
            _ => None,
        };
        meter.spend(1 + program.groups + program.loops)?;
        let mut machine = Machine {
            program,
            text,
            meter,
            slots: vec![None; 2 * (program.groups + 1)],
            loops: vec![(0, 0); program.loops],
            choices: Vec::new(),
            trail: Vec::new(),
            steps: 0,
        };
        let mut start = from;
        while start <= text.len() {
            if let Some(first) = first {
                let offset = text[start..].find(first);
                meter.scan(offset.unwrap_or(text.len() - start))?;
                let Some(offset) = offset else { break };
                start += offset;
            }
            // All that was matched is undone.
            machine.undo(0);
            if let Some(end) = machine.run(0, start)? {
                machine.slots[0] = Some(start);
                machine.slots[1] = Some(end);
                let pairs = machine.slots.chunks_exact(2);
                return Ok(Some(pairs.map(|pair| Some((pair[0]?, pair[1]?))).collect()));
            }
            start += text[start..].chars().next().map_or(1, char::len_utf8);
        }
        Ok(None)
    }
}

struct Machine<'m, 'a> {
    program: &'m Program,
    text: &'m str,
    meter: &'m Meter<'a>,
    slots: Vec<Option<usize>>,
    /// For each loop: iterations begun, and where the latest began.
    loops: Vec<(u32, usize)>,
    choices: Vec<Choice>,
    /// What to restore when going back.
    trail: Vec<Undo>,
    steps: usize,
}

/// Something else to try.
enum Choice {
    At {
        pc: usize,
        at: usize,
        trail: usize,
    },
    /// A run that can give back characters.
    Run {
        pc: usize,
        least: usize,
        at: usize,
        is_back: bool,
        trail: usize,
    },
}

enum Undo {
    Slot(usize, Option<usize>),
    Loop(usize, (u32, usize)),
}

impl Machine<'_, '_> {
    /// Runs from an instruction on, and gives the place where it ends. What was still to be tried is forgotten.
    fn run(&mut self, pc: usize, at: usize) -> Result<Option<usize>, Error> {
        let bottom = self.choices.len();
        let (mut pc, mut at) = (pc, at);
        loop {
            self.count()?;
            let next = match self.program.code[pc] {
                Instruction::Accept => {
                    self.choices.truncate(bottom);
                    return Ok(Some(at));
                }
                Instruction::Look { is_negative, end } => {
                    let trail = self.trail.len();
                    let found = self.run(pc + 1, at)?.is_some();
                    if is_negative {
                        self.undo(trail);
                    }
                    (found != is_negative).then_some((end, at))
                }
                instruction => self.step(instruction, pc, at)?,
            };
            match next.or_else(|| self.back(bottom)) {
                Some(next) => (pc, at) = next,
                None => return Ok(None),
            }
        }
    }

    /// Where an instruction leads, if it succeeds.
    fn step(&mut self, instruction: Instruction, pc: usize, at: usize) -> Result<Option<(usize, usize)>, Error> {
        Ok(match instruction {
            Instruction::One { what, is_back } => self.take(what, at, is_back).map(|at| (pc + 1, at)),
            Instruction::Run { what, is_back, min, max } => return self.take_run(what, is_back, (min, max), pc, at),
            Instruction::Start => {
                let before = self.text[..at].chars().next_back();
                let is_start = before.is_none_or(|before| self.program.flags.is_multiline && is_line_end(before));
                is_start.then_some((pc + 1, at))
            }
            Instruction::End => {
                let after = self.text[at..].chars().next();
                let is_end = after.is_none_or(|after| self.program.flags.is_multiline && is_line_end(after));
                is_end.then_some((pc + 1, at))
            }
            Instruction::Boundary(wanted) => {
                let before = self.text[..at].chars().next_back().is_some_and(is_word);
                let after = self.text[at..].chars().next().is_some_and(is_word);
                ((before != after) == wanted).then_some((pc + 1, at))
            }
            Instruction::Reference { group, is_back } => self.refer(group, at, is_back)?.map(|at| (pc + 1, at)),
            Instruction::Save(slot) => {
                self.set_slot(slot, Some(at));
                Some((pc + 1, at))
            }
            Instruction::Split(other) => {
                self.choose(other, at);
                Some((pc + 1, at))
            }
            Instruction::Jump(to) => Some((to, at)),
            Instruction::Enter(register) => {
                self.set_loop(register, (0, at));
                Some((pc + 1, at))
            }
            Instruction::Loop { register, bounds, exit } => {
                let iterations = self.loops[register].0;
                if iterations < bounds.min {
                    Some((pc + 1, at))
                } else if bounds.max.is_some_and(|max| iterations >= max) {
                    Some((exit, at))
                } else if bounds.is_greedy {
                    self.choose(exit, at);
                    Some((pc + 1, at))
                } else {
                    self.choose(pc + 1, at);
                    Some((exit, at))
                }
            }
            Instruction::Iterate { register, groups } => {
                let iterations = self.loops[register].0;
                self.set_loop(register, (iterations.saturating_add(1), at));
                for slot in groups.0 * 2..groups.1 * 2 {
                    self.count()?;
                    self.set_slot(slot, None);
                }
                Some((pc + 1, at))
            }
            Instruction::Again { register, min, head } => {
                let (iterations, start) = self.loops[register];
                (iterations <= min || start != at).then_some((head, at))
            }
            Instruction::Look { .. } | Instruction::Accept => None,
        })
    }

    /// The place behind one character that fits.
    fn take(&self, what: One, at: usize, is_back: bool) -> Option<usize> {
        let next = if is_back { self.text[..at].chars().next_back() } else { self.text[at..].chars().next() }?;
        let ignores_case = self.program.flags.ignores_case;
        let fits = match what {
            One::Char(wanted) => next == wanted || ignores_case && canonical(next) == wanted,
            One::Any => !is_line_end(next),
            One::Class(class) => self.program.classes[class].contains(next, ignores_case),
        };
        fits.then(|| if is_back { at - next.len_utf8() } else { at + next.len_utf8() })
    }

    fn take_run(
        &mut self,
        what: One,
        is_back: bool,
        (min, max): (u32, u32),
        pc: usize,
        start: usize,
    ) -> Result<Option<(usize, usize)>, Error> {
        let (mut at, mut least, mut taken) = (start, start, 0);
        while taken < max
            && let Some(next) = self.take(what, at, is_back)
        {
            at = next;
            taken += 1;
            if taken == min {
                least = at;
            }
            self.count()?;
        }
        if taken < min {
            return Ok(None);
        }
        if at != least {
            self.choices.push(Choice::Run { pc: pc + 1, least, at, is_back, trail: self.trail.len() });
        }
        Ok(Some((pc + 1, at)))
    }

    /// What a group matched, again. A group that matched nothing fits everywhere.
    fn refer(&mut self, group: usize, at: usize, is_back: bool) -> Result<Option<usize>, Error> {
        let (Some(start), Some(end)) = (self.slots[group * 2], self.slots[group * 2 + 1]) else { return Ok(Some(at)) };
        let mut at = at;
        let mut characters = self.text[start..end].chars();
        while let Some(wanted) = if is_back { characters.next_back() } else { characters.next() } {
            self.count()?;
            let wanted = if self.program.flags.ignores_case { canonical(wanted) } else { wanted };
            match self.take(One::Char(wanted), at, is_back) {
                Some(next) => at = next,
                None => return Ok(None),
            }
        }
        Ok(Some(at))
    }

    fn choose(&mut self, pc: usize, at: usize) {
        self.choices.push(Choice::At { pc, at, trail: self.trail.len() });
    }

    fn set_slot(&mut self, slot: usize, value: Option<usize>) {
        let old = std::mem::replace(&mut self.slots[slot], value);
        self.trail.push(Undo::Slot(slot, old));
    }

    fn set_loop(&mut self, register: usize, value: (u32, usize)) {
        let old = std::mem::replace(&mut self.loops[register], value);
        self.trail.push(Undo::Loop(register, old));
    }

    fn undo(&mut self, len: usize) {
        for undo in self.trail.drain(len..).rev() {
            match undo {
                Undo::Slot(slot, old) => self.slots[slot] = old,
                Undo::Loop(register, old) => self.loops[register] = old,
            }
        }
    }

    /// The next thing to try, above `bottom`.
    fn back(&mut self, bottom: usize) -> Option<(usize, usize)> {
        if self.choices.len() <= bottom {
            return None;
        }
        match self.choices.pop()? {
            Choice::At { pc, at, trail } => {
                self.undo(trail);
                Some((pc, at))
            }
            Choice::Run { pc, least, at, is_back, trail } => {
                self.undo(trail);
                let at = if is_back {
                    at + self.text[at..].chars().next().map_or(0, char::len_utf8)
                } else {
                    at - self.text[..at].chars().next_back().map_or(0, char::len_utf8)
                };
                if at != least {
                    self.choices.push(Choice::Run { pc, least, at, is_back, trail });
                }
                Some((pc, at))
            }
        }
    }

    fn count(&mut self) -> Result<(), Error> {
        self.steps += 1;
        if self.steps.is_multiple_of(256) {
            self.meter.spend(256)?;
            self.meter.require((self.choices.len() + self.trail.len()).saturating_mul(MEMORY))?;
        }
        Ok(())
    }
}
