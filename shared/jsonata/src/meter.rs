//! The account of one evaluation: what was spent, and the deferred drop of what refers to each other in long chains.

use crate::error::{Error, Limit};
use crate::evaluate::Frame;
use crate::limits::Limits;
use crate::value::Value;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Units of an element of an array.
pub(crate) const ELEMENT: usize = 12;
/// Units of a string that was made, besides its characters.
pub(crate) const TEXT: usize = 24;
/// Units of a member of an object, without the characters of its name.
pub(crate) const MEMBER: usize = 32;

/// Bytes that are gone over in the time of one other step.
const BYTES_A_STEP: usize = 32;

pub(crate) struct Meter<'a> {
    limits: Limits,
    steps: Cell<u64>,
    memory: Cell<usize>,
    depth: Cell<usize>,
    /// Calls within calls. Those in tail position add to this without adding to the depth, where a native function makes
    /// them.
    calls: Cell<usize>,
    buried: RefCell<Vec<Remains<'a>>>,
    is_draining: Cell<bool>,
}

/// What a dropped frame or function held. Chains of frames and functions can be as long as a loop runs: dropped one
/// within the other they would exhaust the stack, so the outermost drop takes them one after the other.
#[expect(dead_code, reason = "nobody reads what is only kept to be dropped")]
pub(crate) struct Remains<'a> {
    pub(crate) frame: Option<Rc<Frame<'a>>>,
    pub(crate) values: Vec<Value<'a>>,
}

impl<'a> Meter<'a> {
    pub(crate) fn new(limits: Limits) -> Rc<Self> {
        Rc::new(Self {
            limits,
            steps: Cell::new(0),
            memory: Cell::new(0),
            depth: Cell::new(0),
            calls: Cell::new(0),
            buried: RefCell::default(),
            is_draining: Cell::new(false),
        })
    }

    pub(crate) fn spend(&self, steps: usize) -> Result<(), Error> {
        let spent = self.steps.get().saturating_add(steps as u64);
        self.steps.set(spent);
        if spent > self.limits.steps { Err(Limit::Steps.into()) } else { Ok(()) }
    }

    /// Counts the work of going over so many bytes: copying, comparing, hashing or searching them.
    pub(crate) fn scan(&self, bytes: usize) -> Result<(), Error> {
        if bytes < BYTES_A_STEP { Ok(()) } else { self.spend(bytes / BYTES_A_STEP) }
    }

    pub(crate) fn enter(&self) -> Result<(), Error> {
        let depth = self.depth.get() + 1;
        if depth > self.limits.depth {
            return Err(Limit::Depth.into());
        }
        self.depth.set(depth);
        self.spend(1)
    }

    /// Enters and leaves.
    pub(crate) fn visit(&self) -> Result<(), Error> {
        if self.depth.get() >= self.limits.depth {
            return Err(Limit::Depth.into());
        }
        self.spend(1)
    }

    pub(crate) fn leave(&self) {
        self.depth.set(self.depth.get().saturating_sub(1));
    }

    pub(crate) fn enter_call(&self) -> Result<(), Error> {
        let calls = self.calls.get() + 1;
        self.calls.set(calls);
        if calls > self.limits.depth { Err(Limit::Depth.into()) } else { Ok(()) }
    }

    pub(crate) fn leave_call(&self) {
        self.calls.set(self.calls.get().saturating_sub(1));
    }

    /// Fails unless so much memory is left.
    pub(crate) fn require(&self, units: usize) -> Result<(), Error> {
        match self.memory.get().checked_add(units) {
            Some(sum) if sum <= self.limits.memory => Ok(()),
            Some(_) | None => Err(Limit::Memory.into()),
        }
    }

    /// Takes memory that is not given back before the end.
    pub(crate) fn retain(&self, units: usize) -> Result<(), Error> {
        self.require(units)?;
        self.memory.set(self.memory.get() + units);
        Ok(())
    }

    /// What was taken so far is the caller's own, and does not count.
    pub(crate) fn forgive(&self) {
        self.memory.set(0);
    }

    /// Fails if something is larger than all memory that there is, taken by itself.
    pub(crate) fn admit(&self, units: usize) -> Result<(), Error> {
        if units > self.limits.memory { Err(Limit::Memory.into()) } else { Ok(()) }
    }

    /// Fails unless a value of so many levels may be made or walked through.
    pub(crate) fn nest(&self, levels: usize) -> Result<(), Error> {
        if levels > self.limits.nesting { Err(Limit::Nesting.into()) } else { Ok(()) }
    }

    pub(crate) fn charge(self: &Rc<Self>, units: usize) -> Result<Charge<'a>, Error> {
        let charge = Charge { units: Cell::new(0), meter: Rc::clone(self) };
        charge.grow(units)?;
        Ok(charge)
    }

    /// Drops what a frame or function held, however long the chain behind it.
    pub(crate) fn bury(&self, remains: Remains<'a>) {
        self.buried.borrow_mut().push(remains);
        if self.is_draining.replace(true) {
            return;
        }
        loop {
            let next = self.buried.borrow_mut().pop();
            match next {
                Some(remains) => drop(remains),
                None => break,
            }
        }
        self.is_draining.set(false);
    }
}

/// Memory that a value holds; given back when the value is dropped.
pub(crate) struct Charge<'a> {
    units: Cell<usize>,
    meter: Rc<Meter<'a>>,
}

impl<'a> Charge<'a> {
    pub(crate) fn grow(&self, units: usize) -> Result<(), Error> {
        self.meter.require(units)?;
        self.meter.memory.set(self.meter.memory.get() + units);
        self.units.set(self.units.get() + units);
        Ok(())
    }

    pub(crate) fn meter(&self) -> &Rc<Meter<'a>> {
        &self.meter
    }
}

impl Drop for Charge<'_> {
    fn drop(&mut self) {
        self.meter.memory.set(self.meter.memory.get().saturating_sub(self.units.get()));
    }
}
