//! A reader of pickles that can hold a state dict and nothing else.
//!
//! A pickle is a program, and one from the internet is not to be trusted: here it can build strings, numbers, tuples,
//! lists and dicts, and name the few torch things that a state dict is made of; anything else ends the reading. Memory
//! is bounded by the length of the pickle. Opcodes: Python's `Lib/pickletools.py`, protocol 2, as torch writes it.

use std::collections::HashMap;
use std::io::Read;

use super::{Kind, Reason};

/// Far more objects than the largest state dict has (about 20 per tensor).
const MOST_OBJECTS: usize = 1 << 20;

/// Longer than any name.
const LONGEST_TEXT: u64 = 1 << 16;

/// Longest key of a storage in bytes. torch's keys are numbers of a few digits; every tensor has its key, so that a long
/// one would take far more memory than file.
const LONGEST_KEY: usize = 256;

/// Most dimensions of a tensor: no layer has more than a few. They too are written once and kept for every tensor.
const MOST_DIMENSIONS: usize = 8;

/// An object, by its place in [`Pickle::objects`]; so that several can share one, and none can hold itself alive.
type Id = usize;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    None,
    Bool(bool),
    /// Whole numbers; one too long for 64 bits is cut (only the magic number is so long).
    Int(i64),
    Text(String),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    Global(Global),
    Storage(Storage),
    Tensor(Tensor),
}

/// The names that a pickle may call or refer to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Global {
    OrderedDict,
    RebuildTensor,
    RebuildParameter,
    Storage(Kind),
}

/// Numbers that lie elsewhere in the file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Storage {
    pub(super) kind: Kind,
    pub(super) key: String,
}

/// A view of a storage; offset and strides count numbers, not bytes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tensor {
    pub(super) storage: Storage,
    pub(super) offset: u64,
    pub(super) shape: Vec<usize>,
    pub(super) strides: Vec<usize>,
}

/// A pickle that was read.
#[derive(Debug)]
pub(super) struct Pickle {
    objects: Vec<Value>,
    root: Id,
}

impl Pickle {
    /// Reads one pickle; what follows it is left unread.
    pub(super) fn read(reader: &mut impl Read) -> Result<Self, Reason> {
        let mut machine = Machine {
            reader,
            objects: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
        };
        let root = machine.run()?;
        Ok(Self {
            objects: machine.objects,
            root,
        })
    }

    /// The outermost object.
    pub(super) fn root(&self) -> &Value {
        &self.objects[self.root]
    }

    /// The entries of the outermost object with string keys, if it is a dict.
    pub(super) fn entries(&self) -> Result<impl Iterator<Item = (&str, &Value)>, Reason> {
        let Value::Dict(entries) = self.root() else {
            return Err(Reason::foreign("holds no dict of tensors"));
        };
        Ok(entries
            .iter()
            .filter_map(|(key, value)| match &self.objects[*key] {
                Value::Text(key) => Some((key.as_str(), &self.objects[*value])),
                _ => None,
            }))
    }

    /// The strings of the outermost object, if it is a list.
    pub(super) fn texts(&self) -> Result<Vec<&str>, Reason> {
        let Value::List(items) = self.root() else {
            return Err(Reason::foreign("holds no list of storages"));
        };
        let text = |id: &Id| match &self.objects[*id] {
            Value::Text(text) => Ok(text.as_str()),
            _ => Err(odd("storage key")),
        };
        items.iter().map(text).collect()
    }
}

/// The stack machine that a pickle is written for.
struct Machine<'a, R> {
    reader: &'a mut R,
    objects: Vec<Value>,
    stack: Vec<Id>,
    /// Heights of the stack at open marks.
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
}

impl<R: Read> Machine<'_, R> {
    fn run(&mut self) -> Result<Id, Reason> {
        loop {
            match self.byte()? {
                0x80 => {
                    let protocol = self.byte()?;
                    if protocol != 2 {
                        return Err(Reason::foreign(format!(
                            "is a pickle of protocol {protocol}; torch writes 2"
                        )));
                    }
                }
                b'.' => return self.pop(),
                b'(' => self.marks.push(self.stack.len()),
                b'N' => self.push(Value::None)?,
                0x88 => self.push(Value::Bool(true))?,
                0x89 => self.push(Value::Bool(false))?,
                b'K' => {
                    let value = self.byte()?;
                    self.push(Value::Int(value.into()))?;
                }
                b'M' => {
                    let value = u16::from_le_bytes(self.bytes()?);
                    self.push(Value::Int(value.into()))?;
                }
                b'J' => {
                    let value = i32::from_le_bytes(self.bytes()?);
                    self.push(Value::Int(value.into()))?;
                }
                0x8a => self.long()?,
                b'X' => {
                    let length = u32::from_le_bytes(self.bytes()?);
                    let text = self.text(length.into())?;
                    self.push(Value::Text(text))?;
                }
                b'c' => self.global()?,
                b')' => self.push(Value::Tuple(Vec::new()))?,
                b'}' => self.push(Value::Dict(Vec::new()))?,
                b']' => self.push(Value::List(Vec::new()))?,
                count @ 0x85..=0x87 => {
                    let start = self
                        .stack
                        .len()
                        .checked_sub(usize::from(count - 0x84))
                        .ok_or_else(underflow)?;
                    let items = self.stack.split_off(start);
                    self.push(Value::Tuple(items))?;
                }
                b't' => {
                    let items = self.since_mark()?;
                    self.push(Value::Tuple(items))?;
                }
                b'a' => {
                    let item = self.pop()?;
                    self.append(&[item])?;
                }
                b'e' => {
                    let items = self.since_mark()?;
                    self.append(&items)?;
                }
                b's' => {
                    let (value, key) = (self.pop()?, self.pop()?);
                    self.set(&[key, value])?;
                }
                b'u' => {
                    let items = self.since_mark()?;
                    self.set(&items)?;
                }
                b'q' => {
                    let place = self.byte()?;
                    self.remember(place.into())?;
                }
                b'r' => {
                    let place = u32::from_le_bytes(self.bytes()?);
                    self.remember(place)?;
                }
                b'h' => {
                    let place = self.byte()?;
                    self.recall(place.into())?;
                }
                b'j' => {
                    let place = u32::from_le_bytes(self.bytes()?);
                    self.recall(place)?;
                }
                b'Q' => self.persistent()?,
                b'R' => self.reduce()?,
                // The attributes of an OrderedDict: torch's notes on the version of each module.
                b'b' => {
                    self.pop()?;
                }
                opcode => {
                    return Err(Reason::foreign(format!(
                        "uses pickle opcode {opcode:#04x}, which no state dict needs"
                    )));
                }
            }
        }
    }

    fn byte(&mut self) -> Result<u8, Reason> {
        self.bytes().map(|[byte]| byte)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Reason> {
        let mut bytes = [0; N];
        self.reader
            .read_exact(&mut bytes)
            .map_err(|_| cut_short())?;
        Ok(bytes)
    }

    fn text(&mut self, length: u64) -> Result<String, Reason> {
        if length > LONGEST_TEXT {
            return Err(Reason::foreign("has a string too long for a state dict"));
        }
        let mut bytes = Vec::new();
        let read = self
            .reader
            .by_ref()
            .take(length)
            .read_to_end(&mut bytes)
            .map_err(|_| cut_short())?;
        if read as u64 != length {
            return Err(cut_short());
        }
        String::from_utf8(bytes).map_err(|_| Reason::damaged("a string is not UTF-8"))
    }

    fn line(&mut self) -> Result<String, Reason> {
        let mut line = Vec::new();
        loop {
            match self.byte()? {
                b'\n' => {
                    return String::from_utf8(line)
                        .map_err(|_| Reason::damaged("a name is not UTF-8"));
                }
                byte if (line.len() as u64) < LONGEST_TEXT => line.push(byte),
                _ => return Err(Reason::foreign("has a name too long for a state dict")),
            }
        }
    }

    fn push(&mut self, value: Value) -> Result<(), Reason> {
        if self.objects.len() >= MOST_OBJECTS || self.stack.len() >= MOST_OBJECTS {
            return Err(Reason::foreign("has more objects than a state dict needs"));
        }
        self.stack.push(self.objects.len());
        self.objects.push(value);
        Ok(())
    }

    fn pop(&mut self) -> Result<Id, Reason> {
        self.stack.pop().ok_or_else(underflow)
    }

    fn since_mark(&mut self) -> Result<Vec<Id>, Reason> {
        let start = self
            .marks
            .pop()
            .filter(|start| *start <= self.stack.len())
            .ok_or_else(underflow)?;
        Ok(self.stack.split_off(start))
    }

    fn top(&mut self) -> Result<&mut Value, Reason> {
        let id = *self.stack.last().ok_or_else(underflow)?;
        Ok(&mut self.objects[id])
    }

    fn append(&mut self, items: &[Id]) -> Result<(), Reason> {
        match self.top()? {
            Value::List(list) if list.len() + items.len() <= MOST_OBJECTS => {
                list.extend_from_slice(items);
            }
            _ => return Err(odd("list")),
        }
        Ok(())
    }

    fn set(&mut self, items: &[Id]) -> Result<(), Reason> {
        match self.top()? {
            Value::Dict(entries) if entries.len() + items.len() <= MOST_OBJECTS => {
                entries.extend(items.chunks_exact(2).map(|pair| (pair[0], pair[1])));
            }
            _ => return Err(odd("dict")),
        }
        Ok(())
    }

    fn remember(&mut self, place: u32) -> Result<(), Reason> {
        let id = *self.stack.last().ok_or_else(underflow)?;
        self.memo.insert(place, id);
        Ok(())
    }

    fn recall(&mut self, place: u32) -> Result<(), Reason> {
        let id = *self
            .memo
            .get(&place)
            .ok_or_else(|| Reason::damaged("its pickle recalls what it never remembered"))?;
        if self.stack.len() >= MOST_OBJECTS {
            return Err(Reason::foreign("has more objects than a state dict needs"));
        }
        self.stack.push(id);
        Ok(())
    }

    /// A long whole number, least byte first; of one beyond 64 bits the low ones are kept.
    fn long(&mut self) -> Result<(), Reason> {
        let length = self.byte()?;
        let negative_fill = |bytes: &[u8]| {
            if bytes.last().is_some_and(|byte| byte & 0x80 != 0) {
                0xff
            } else {
                0
            }
        };
        let bytes = (0..length)
            .map(|_| self.byte())
            .collect::<Result<Vec<u8>, _>>()?;
        let mut low = [negative_fill(&bytes); 8];
        low.iter_mut()
            .zip(&bytes)
            .for_each(|(low, byte)| *low = *byte);
        self.push(Value::Int(i64::from_le_bytes(low)))
    }

    fn global(&mut self) -> Result<(), Reason> {
        let (module, name) = (self.line()?, self.line()?);
        let global = match (module.as_str(), name.as_str()) {
            ("collections", "OrderedDict") => Global::OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2") => Global::RebuildTensor,
            ("torch._utils", "_rebuild_parameter") => Global::RebuildParameter,
            ("torch", "FloatStorage") => Global::Storage(Kind::F32),
            ("torch", "HalfStorage") => Global::Storage(Kind::F16),
            ("torch", "BFloat16Storage") => Global::Storage(Kind::Bf16),
            ("torch", "DoubleStorage" | "LongStorage") => {
                Global::Storage(Kind::Other("64 bit numbers", 8))
            }
            ("torch", "IntStorage") => Global::Storage(Kind::Other("whole numbers", 4)),
            ("torch", "ShortStorage") => Global::Storage(Kind::Other("whole numbers", 2)),
            ("torch", "CharStorage" | "ByteStorage" | "BoolStorage") => {
                Global::Storage(Kind::Other("bytes", 1))
            }
            _ => {
                return Err(Reason::Unsafe { module, name });
            }
        };
        self.push(Value::Global(global))
    }

    /// A reference to a storage: `("storage", type, key, device, count)`, in old files with a sixth item, always None.
    fn persistent(&mut self) -> Result<(), Reason> {
        let id = self.pop()?;
        let Value::Tuple(items) = &self.objects[id] else {
            return Err(odd("storage"));
        };
        let items: Vec<&Value> = items.iter().map(|id| &self.objects[*id]).collect();
        let (kind, key) = match items.as_slice() {
            [
                Value::Text(tag),
                Value::Global(Global::Storage(kind)),
                Value::Text(key),
                Value::Text(_),
                Value::Int(_),
            ]
            | [
                Value::Text(tag),
                Value::Global(Global::Storage(kind)),
                Value::Text(key),
                Value::Text(_),
                Value::Int(_),
                Value::None,
            ] if tag == "storage" => (*kind, key.clone()),
            _ => return Err(odd("storage")),
        };
        if key.len() > LONGEST_KEY {
            return Err(Reason::unsupported(format!(
                "a storage with a key of {} bytes, more than {LONGEST_KEY},",
                key.len()
            )));
        }
        self.push(Value::Storage(Storage { kind, key }))
    }

    /// A call: of a known function with arguments of the known kinds.
    fn reduce(&mut self) -> Result<(), Reason> {
        let (arguments, function) = (self.pop()?, self.pop()?);
        let (Value::Global(function), Value::Tuple(arguments)) =
            (&self.objects[function], &self.objects[arguments])
        else {
            return Err(odd("call"));
        };
        let arguments: Vec<&Value> = arguments.iter().map(|id| &self.objects[*id]).collect();
        let value = match (function, arguments.as_slice()) {
            (Global::OrderedDict, []) => Value::Dict(Vec::new()),
            // (tensor, requires_grad, hooks)
            (Global::RebuildParameter, [Value::Tensor(tensor), ..]) => {
                Value::Tensor(tensor.clone())
            }
            // (storage, offset, shape, strides, requires_grad, hooks)
            (
                Global::RebuildTensor,
                [
                    Value::Storage(storage),
                    Value::Int(offset),
                    Value::Tuple(shape),
                    Value::Tuple(strides),
                    ..,
                ],
            ) => Value::Tensor(Tensor {
                storage: storage.clone(),
                offset: u64::try_from(*offset).map_err(|_| odd("tensor"))?,
                shape: self.sizes(shape)?,
                strides: self.sizes(strides)?,
            }),
            _ => return Err(odd("call")),
        };
        self.push(value)
    }

    fn sizes(&self, items: &[Id]) -> Result<Vec<usize>, Reason> {
        if items.len() > MOST_DIMENSIONS {
            return Err(Reason::unsupported(format!(
                "a tensor of {} dimensions, more than {MOST_DIMENSIONS},",
                items.len()
            )));
        }
        let size = |id: &Id| match self.objects[*id] {
            Value::Int(size) => usize::try_from(size).map_err(|_| odd("shape")),
            _ => Err(odd("shape")),
        };
        items.iter().map(size).collect()
    }
}

fn cut_short() -> Reason {
    Reason::cut_short("in the middle of its index")
}

fn underflow() -> Reason {
    Reason::damaged("its pickle takes more than there is")
}

fn odd(what: &str) -> Reason {
    Reason::damaged(format!(
        "it has a {what} of an unknown form, or is no state dict"
    ))
}
