//! Reader of pickles, restricted to those that hold a state dict.
//!
//! A pickle is a program, and one from the internet cannot be trusted. Here it can build strings,
//! numbers, tuples, lists and dicts, and name the few torch types that a state dict is made of;
//! anything else is an error. Memory is bounded by the length of the pickle. Opcodes: Python's
//! `Lib/pickletools.py`, protocol 2, as torch writes it.

use std::collections::HashMap;
use std::io::Read;

use super::entry::Kind;
use super::error::ReadError;

/// Maximum number of objects: far more than the largest state dict has (about 20 per tensor).
const MAX_OBJECTS: usize = 1 << 20;

/// Maximum length of a string or name in bytes: longer than any that torch writes.
const MAX_TEXT_BYTES: u64 = 1 << 16;

/// Maximum length of a storage key in bytes. torch's keys are numbers of a few digits. Every tensor
/// holds a copy of its key, so a long one would take far more memory than the file has bytes.
const MAX_KEY_BYTES: usize = 256;

/// Maximum number of dimensions of a tensor: no layer has more than a few. Like a key, they are
/// written once and copied for every tensor.
const MAX_DIMENSIONS: usize = 8;

/// An object, as its index in [`Pickle::objects`]. Several objects can share one, and none can own
/// itself.
type Id = usize;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    None,
    Bool(bool),
    /// A whole number. One that needs more than 64 bits is truncated; only the magic number does.
    Int(i64),
    Text(String),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    Global(Global),
    Storage(Storage),
    Tensor(Tensor),
}

/// Names that a pickle may call or refer to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Global {
    OrderedDict,
    RebuildTensor,
    RebuildParameter,
    Storage(Kind),
}

/// Reference to numbers stored elsewhere in the file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Storage {
    pub(super) kind: Kind,
    pub(super) key: String,
}

/// A view of a storage. Offset and strides count numbers, not bytes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tensor {
    pub(super) storage: Storage,
    pub(super) offset: u64,
    pub(super) shape: Vec<usize>,
    pub(super) strides: Vec<usize>,
}

/// The objects that a pickle built.
#[derive(Debug)]
pub(super) struct Pickle {
    objects: Vec<Value>,
    root: Id,
}

impl Pickle {
    /// Reads one pickle and leaves what follows it unread.
    pub(super) fn read(reader: &mut impl Read) -> Result<Self, ReadError> {
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

    /// Returns the outermost object.
    pub(super) fn root(&self) -> &Value {
        &self.objects[self.root]
    }

    /// Returns the entries of the outermost object that have string keys.
    ///
    /// # Errors
    /// Returns an error if that object is not a dict.
    pub(super) fn entries(&self) -> Result<impl Iterator<Item = (&str, &Value)>, ReadError> {
        let Value::Dict(entries) = self.root() else {
            return Err(ReadError::foreign("does not hold a dict of tensors"));
        };
        Ok(entries
            .iter()
            .filter_map(|(key, value)| match &self.objects[*key] {
                Value::Text(key) => Some((key.as_str(), &self.objects[*value])),
                _ => None,
            }))
    }

    /// Returns the strings of the outermost object.
    ///
    /// # Errors
    /// Returns an error if that object is not a list of strings.
    pub(super) fn texts(&self) -> Result<Vec<&str>, ReadError> {
        let Value::List(items) = self.root() else {
            return Err(ReadError::foreign("does not hold a list of storages"));
        };
        let text = |id: &Id| match &self.objects[*id] {
            Value::Text(text) => Ok(text.as_str()),
            _ => Err(unexpected("storage key")),
        };
        items.iter().map(text).collect()
    }
}

/// The stack machine that executes a pickle.
struct Machine<'a, R> {
    reader: &'a mut R,
    objects: Vec<Value>,
    stack: Vec<Id>,
    /// Stack heights at the open marks.
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
}

impl<R: Read> Machine<'_, R> {
    fn run(&mut self) -> Result<Id, ReadError> {
        loop {
            match self.byte()? {
                b'.' => return self.pop(),
                opcode => self.execute(opcode)?,
            }
        }
    }

    fn execute(&mut self, opcode: u8) -> Result<(), ReadError> {
        match opcode {
            0x80 => match self.byte()? {
                2 => Ok(()),
                protocol => Err(ReadError::foreign(format!(
                    "is a pickle of protocol {protocol}; torch writes 2"
                ))),
            },
            b'(' => {
                self.marks.push(self.stack.len());
                Ok(())
            }
            b'N' => self.push(Value::None),
            0x88 => self.push(Value::Bool(true)),
            0x89 => self.push(Value::Bool(false)),
            b'K' => {
                let value = self.byte()?;
                self.push(Value::Int(value.into()))
            }
            b'M' => {
                let value = u16::from_le_bytes(self.bytes()?);
                self.push(Value::Int(value.into()))
            }
            b'J' => {
                let value = i32::from_le_bytes(self.bytes()?);
                self.push(Value::Int(value.into()))
            }
            0x8a => self.long(),
            b'X' => {
                let length = u32::from_le_bytes(self.bytes()?);
                let text = self.text(length.into())?;
                self.push(Value::Text(text))
            }
            b'c' => self.global(),
            b')' => self.push(Value::Tuple(Vec::new())),
            b'}' => self.push(Value::Dict(Vec::new())),
            b']' => self.push(Value::List(Vec::new())),
            count @ 0x85..=0x87 => {
                let start = self.stack.len().checked_sub(usize::from(count - 0x84));
                let items = self.stack.split_off(start.ok_or_else(underflow)?);
                self.push(Value::Tuple(items))
            }
            b't' => {
                let items = self.since_mark()?;
                self.push(Value::Tuple(items))
            }
            b'a' => {
                let item = self.pop()?;
                self.append(&[item])
            }
            b'e' => {
                let items = self.since_mark()?;
                self.append(&items)
            }
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.set(&[key, value])
            }
            b'u' => {
                let items = self.since_mark()?;
                self.set(&items)
            }
            b'q' | b'r' => {
                let slot = self.slot(opcode == b'r')?;
                self.remember(slot)
            }
            b'h' | b'j' => {
                let slot = self.slot(opcode == b'j')?;
                self.recall(slot)
            }
            b'Q' => self.persistent_id(),
            b'R' => self.reduce(),
            // The attributes of an `OrderedDict`: the version that torch records for each module.
            b'b' => self.pop().map(drop),
            opcode => Err(ReadError::foreign(format!(
                "uses pickle opcode {opcode:#04x}, which no state dict needs"
            ))),
        }
    }

    fn slot(&mut self, is_long: bool) -> Result<u32, ReadError> {
        if is_long {
            self.bytes().map(u32::from_le_bytes)
        } else {
            self.byte().map(u32::from)
        }
    }

    fn byte(&mut self) -> Result<u8, ReadError> {
        self.bytes().map(|[byte]| byte)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], ReadError> {
        let mut bytes = [0; N];
        self.reader
            .read_exact(&mut bytes)
            .map_err(|_| cut_short())?;
        Ok(bytes)
    }

    fn text(&mut self, length: u64) -> Result<String, ReadError> {
        if length > MAX_TEXT_BYTES {
            return Err(ReadError::foreign("has a string too long for a state dict"));
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
        String::from_utf8(bytes).map_err(|_| ReadError::damaged("a string is not UTF-8"))
    }

    fn line(&mut self) -> Result<String, ReadError> {
        let mut line = Vec::new();
        loop {
            match self.byte()? {
                b'\n' => {
                    return String::from_utf8(line)
                        .map_err(|_| ReadError::damaged("a name is not UTF-8"));
                }
                byte if (line.len() as u64) < MAX_TEXT_BYTES => line.push(byte),
                _ => {
                    return Err(ReadError::foreign("has a name too long for a state dict"));
                }
            }
        }
    }

    fn push(&mut self, value: Value) -> Result<(), ReadError> {
        if self.objects.len() >= MAX_OBJECTS || self.stack.len() >= MAX_OBJECTS {
            return Err(ReadError::foreign(
                "has more objects than a state dict needs",
            ));
        }
        self.stack.push(self.objects.len());
        self.objects.push(value);
        Ok(())
    }

    fn pop(&mut self) -> Result<Id, ReadError> {
        self.stack.pop().ok_or_else(underflow)
    }

    fn since_mark(&mut self) -> Result<Vec<Id>, ReadError> {
        let start = self
            .marks
            .pop()
            .filter(|start| *start <= self.stack.len())
            .ok_or_else(underflow)?;
        Ok(self.stack.split_off(start))
    }

    fn top(&mut self) -> Result<&mut Value, ReadError> {
        let id = *self.stack.last().ok_or_else(underflow)?;
        Ok(&mut self.objects[id])
    }

    fn append(&mut self, items: &[Id]) -> Result<(), ReadError> {
        match self.top()? {
            Value::List(list) if list.len() + items.len() <= MAX_OBJECTS => {
                list.extend_from_slice(items);
            }
            _ => return Err(unexpected("list")),
        }
        Ok(())
    }

    fn set(&mut self, items: &[Id]) -> Result<(), ReadError> {
        match self.top()? {
            Value::Dict(entries) if entries.len() + items.len() <= MAX_OBJECTS => {
                entries.extend(items.chunks_exact(2).map(|pair| (pair[0], pair[1])));
            }
            _ => return Err(unexpected("dict")),
        }
        Ok(())
    }

    fn remember(&mut self, slot: u32) -> Result<(), ReadError> {
        let id = *self.stack.last().ok_or_else(underflow)?;
        self.memo.insert(slot, id);
        Ok(())
    }

    fn recall(&mut self, slot: u32) -> Result<(), ReadError> {
        let id = *self
            .memo
            .get(&slot)
            .ok_or_else(|| ReadError::damaged("its pickle recalls what it never remembered"))?;
        if self.stack.len() >= MAX_OBJECTS {
            return Err(ReadError::foreign(
                "has more objects than a state dict needs",
            ));
        }
        self.stack.push(id);
        Ok(())
    }

    /// Pushes a long whole number, least significant byte first, truncated to its low 64 bits.
    fn long(&mut self) -> Result<(), ReadError> {
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

    fn global(&mut self) -> Result<(), ReadError> {
        let (module, name) = (self.line()?, self.line()?);
        let global = match (module.as_str(), name.as_str()) {
            ("collections", "OrderedDict") => Global::OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2") => Global::RebuildTensor,
            ("torch._utils", "_rebuild_parameter") => Global::RebuildParameter,
            ("torch", "FloatStorage") => Global::Storage(Kind::F32),
            ("torch", "HalfStorage") => Global::Storage(Kind::F16),
            ("torch", "BFloat16Storage") => Global::Storage(Kind::Bf16),
            ("torch", "DoubleStorage" | "LongStorage") => {
                Global::Storage(Kind::Other("64-bit numbers", 8))
            }
            ("torch", "IntStorage") => Global::Storage(Kind::Other("whole numbers", 4)),
            ("torch", "ShortStorage") => Global::Storage(Kind::Other("whole numbers", 2)),
            ("torch", "CharStorage" | "ByteStorage" | "BoolStorage") => {
                Global::Storage(Kind::Other("bytes", 1))
            }
            _ => {
                return Err(ReadError::Unsafe { module, name });
            }
        };
        self.push(Value::Global(global))
    }

    /// Pushes a reference to a storage: `("storage", type, key, device, count)`. Old files have a
    /// sixth item, which is always `None`.
    fn persistent_id(&mut self) -> Result<(), ReadError> {
        let id = self.pop()?;
        let Value::Tuple(items) = &self.objects[id] else {
            return Err(unexpected("storage"));
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
            _ => return Err(unexpected("storage")),
        };
        if key.len() > MAX_KEY_BYTES {
            return Err(ReadError::unsupported(format!(
                "a storage with a key of {} bytes, more than {MAX_KEY_BYTES},",
                key.len()
            )));
        }
        self.push(Value::Storage(Storage { kind, key }))
    }

    /// Calls a known function with arguments of known types.
    fn reduce(&mut self) -> Result<(), ReadError> {
        let (arguments, function) = (self.pop()?, self.pop()?);
        let (Value::Global(function), Value::Tuple(arguments)) =
            (&self.objects[function], &self.objects[arguments])
        else {
            return Err(unexpected("call"));
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
                offset: u64::try_from(*offset).map_err(|_| unexpected("tensor"))?,
                shape: self.sizes(shape)?,
                strides: self.sizes(strides)?,
            }),
            _ => return Err(unexpected("call")),
        };
        self.push(value)
    }

    fn sizes(&self, items: &[Id]) -> Result<Vec<usize>, ReadError> {
        if items.len() > MAX_DIMENSIONS {
            return Err(ReadError::unsupported(format!(
                "a tensor of {} dimensions, more than {MAX_DIMENSIONS},",
                items.len()
            )));
        }
        let size = |id: &Id| match self.objects[*id] {
            Value::Int(size) => usize::try_from(size).map_err(|_| unexpected("shape")),
            _ => Err(unexpected("shape")),
        };
        items.iter().map(size).collect()
    }
}

fn cut_short() -> ReadError {
    ReadError::cut_short("in the middle of its index")
}

fn underflow() -> ReadError {
    ReadError::damaged("its pickle takes items from an empty stack")
}

fn unexpected(what: &str) -> ReadError {
    ReadError::damaged(format!(
        "it has a {what} of an unknown form, or is not a state dict"
    ))
}
