//! Patterns into instructions for the matcher.

use super::Flags;
use super::class::{Class, canonical};
use super::syntax::{Bounds, Node, Pattern};

/// Instructions of one pattern.
const MAX_LEN: usize = 50_000;

#[derive(Debug)]
pub(super) struct Program {
    pub(super) code: Vec<Instruction>,
    pub(super) classes: Vec<Class>,
    pub(super) groups: usize,
    pub(super) loops: usize,
    pub(super) flags: Flags,
}

/// One step. Jumps are absolute.
#[derive(Clone, Copy, Debug)]
pub(super) enum Instruction {
    /// One character; backwards within a lookbehind.
    One {
        what: One,
        is_back: bool,
    },
    /// As many characters as there are, then fewer and fewer: a greedy repetition of one character.
    Run {
        what: One,
        is_back: bool,
        min: u32,
        max: u32,
    },
    Start,
    End,
    Boundary(bool),
    Reference {
        group: usize,
        is_back: bool,
    },
    /// Keeps the place in a slot: two slots a group.
    Save(usize),
    /// Tries the next instruction, then this one.
    Split(usize),
    Jump(usize),
    /// Begins to count the iterations of a loop.
    Enter(usize),
    /// Decides on another iteration, whose first instruction is the next.
    Loop {
        register: usize,
        bounds: Bounds,
        exit: usize,
    },
    /// An iteration begins: groups within forget what they matched.
    Iterate {
        register: usize,
        groups: (usize, usize),
    },
    /// An iteration ended; one beyond the minimum must have matched something.
    Again {
        register: usize,
        min: u32,
        head: usize,
    },
    Look {
        is_negative: bool,
        end: usize,
    },
    Accept,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum One {
    /// In its canonical form when case is ignored.
    Char(char),
    Any,
    Class(usize),
}

pub(super) fn compile(pattern: &Pattern, flags: Flags) -> Result<Program, &'static str> {
    let mut program = Program { code: Vec::new(), classes: Vec::new(), groups: pattern.groups, loops: 0, flags };
    program.node(&pattern.root, false)?;
    program.push(Instruction::Accept)?;
    Ok(program)
}

impl Program {
    fn push(&mut self, instruction: Instruction) -> Result<usize, &'static str> {
        if self.code.len() >= MAX_LEN {
            return Err("Regular expression too large");
        }
        self.code.push(instruction);
        Ok(self.code.len() - 1)
    }

    fn one(&mut self, node: &Node) -> Option<One> {
        Some(match node {
            Node::Char(character) if self.flags.ignores_case => One::Char(canonical(*character)),
            Node::Char(character) => One::Char(*character),
            Node::Any => One::Any,
            Node::Class(class) => {
                self.classes.push(class.clone());
                One::Class(self.classes.len() - 1)
            }
            _ => return None,
        })
    }

    fn node(&mut self, node: &Node, is_back: bool) -> Result<(), &'static str> {
        if let Some(what) = self.one(node) {
            return self.push(Instruction::One { what, is_back }).map(drop);
        }
        match node {
            Node::Empty | Node::Char(_) | Node::Any | Node::Class(_) => {}
            Node::Start => drop(self.push(Instruction::Start)?),
            Node::End => drop(self.push(Instruction::End)?),
            Node::Boundary(is_boundary) => drop(self.push(Instruction::Boundary(*is_boundary))?),
            Node::Reference(group) => drop(self.push(Instruction::Reference { group: *group, is_back })?),
            Node::Group { number, node } => {
                self.push(Instruction::Save(number * 2 + usize::from(is_back)))?;
                self.node(node, is_back)?;
                self.push(Instruction::Save(number * 2 + usize::from(!is_back)))?;
            }
            Node::Sequence(nodes) if is_back => nodes.iter().rev().try_for_each(|node| self.node(node, true))?,
            Node::Sequence(nodes) => nodes.iter().try_for_each(|node| self.node(node, false))?,
            Node::Choice(branches) => self.choice(branches, is_back)?,
            Node::Look { is_ahead, is_negative, node } => {
                let look = self.push(Instruction::Accept)?;
                self.node(node, !is_ahead)?;
                self.push(Instruction::Accept)?;
                self.code[look] = Instruction::Look { is_negative: *is_negative, end: self.code.len() };
            }
            Node::Repeat { node, bounds, groups } => self.repeat(node, *bounds, *groups, is_back)?,
        }
        Ok(())
    }

    fn choice(&mut self, branches: &[Node], is_back: bool) -> Result<(), &'static str> {
        let mut ends = Vec::new();
        for (index, branch) in branches.iter().enumerate() {
            if index + 1 == branches.len() {
                self.node(branch, is_back)?;
                break;
            }
            let split = self.push(Instruction::Accept)?;
            self.node(branch, is_back)?;
            ends.push(self.push(Instruction::Accept)?);
            self.code[split] = Instruction::Split(self.code.len());
        }
        let end = self.code.len();
        for jump in ends {
            self.code[jump] = Instruction::Jump(end);
        }
        Ok(())
    }

    fn repeat(
        &mut self,
        node: &Node,
        bounds: Bounds,
        groups: (usize, usize),
        is_back: bool,
    ) -> Result<(), &'static str> {
        if bounds.is_greedy
            && let Some(what) = self.one(node)
        {
            let max = bounds.max.unwrap_or(u32::MAX);
            return self.push(Instruction::Run { what, is_back, min: bounds.min, max }).map(drop);
        }
        let register = self.loops;
        self.loops += 1;
        self.push(Instruction::Enter(register))?;
        let head = self.push(Instruction::Accept)?;
        self.push(Instruction::Iterate { register, groups })?;
        self.node(node, is_back)?;
        self.push(Instruction::Again { register, min: bounds.min, head })?;
        self.code[head] = Instruction::Loop { register, bounds, exit: self.code.len() };
        Ok(())
    }
}
