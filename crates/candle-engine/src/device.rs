//! Devices to compute on, and number formats to compute in.

use std::fmt;
use std::str::FromStr;

use candle_core::DType;
use marian::Error;

use crate::failed;

/// A device to compute on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// The processor.
    #[default]
    Cpu,
    /// The NVIDIA GPU of this number; needs the feature `cuda`.
    Cuda(usize),
    /// Apple's GPU; needs the feature `metal`.
    Metal,
}

/// Number format of the weights and of all results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit floating point.
    #[default]
    F32,
    /// 16-bit floating point with 10 bits of mantissa.
    F16,
    /// 16-bit floating point with 7 bits of mantissa and the range of [`F32`](Self::F32).
    Bf16,
}

impl Device {
    /// Checks that this program was built for the device.
    ///
    /// # Errors
    /// Returns an error that says how to build it if it was not.
    pub fn check(self) -> Result<(), Error> {
        let feature = match self {
            Self::Cuda(_) if !cfg!(feature = "cuda") => "cuda",
            Self::Metal if !cfg!(feature = "metal") => "metal",
            _ => return Ok(()),
        };
        Err(Error::Engine(format!(
            "this program was built without {feature}; build it with `cargo build --release --features {feature}`"
        )))
    }

    /// Returns candle's handle for the device.
    pub(crate) fn open(self) -> Result<candle_core::Device, Error> {
        self.check()?;
        match self {
            Self::Cpu => Ok(candle_core::Device::Cpu),
            Self::Cuda(number) => candle_core::Device::new_cuda(number).map_err(failed),
            Self::Metal => candle_core::Device::new_metal(0).map_err(failed),
        }
    }
}

impl FromStr for Device {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let cuda = || name.strip_prefix("cuda:")?.parse().ok();
        match name {
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            "metal" => Ok(Self::Metal),
            _ => cuda()
                .map(Self::Cuda)
                .ok_or_else(|| "one of cpu, cuda, cuda:N and metal".to_owned()),
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Cpu => formatter.write_str("cpu"),
            Self::Cuda(number) => write!(formatter, "cuda:{number}"),
            Self::Metal => formatter.write_str("metal"),
        }
    }
}

impl Precision {
    pub(crate) fn dtype(self) -> DType {
        match self {
            Self::F32 => DType::F32,
            Self::F16 => DType::F16,
            Self::Bf16 => DType::BF16,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_have_names() {
        for (name, device) in [
            ("cpu", Device::Cpu),
            ("cuda:0", Device::Cuda(0)),
            ("cuda:3", Device::Cuda(3)),
            ("metal", Device::Metal),
        ] {
            assert_eq!(name.parse(), Ok(device));
            assert_eq!(device.to_string(), name);
        }
        assert_eq!("cuda".parse(), Ok(Device::Cuda(0)));
        for name in ["", "gpu", "cuda:", "cuda:x", "cpu:0", "CUDA"] {
            assert!(name.parse::<Device>().is_err(), "{name}");
        }
    }

    #[test]
    fn a_device_that_was_not_compiled_in_says_how_to_build_it() {
        assert!(Device::Cpu.check().is_ok());
        for (device, feature, is_compiled_in) in [
            (Device::Cuda(0), "cuda", cfg!(feature = "cuda")),
            (Device::Metal, "metal", cfg!(feature = "metal")),
        ] {
            if is_compiled_in {
                assert!(device.check().is_ok());
                continue;
            }
            let error = device.open().expect_err("not compiled in").to_string();
            assert!(error.contains(&format!("--features {feature}")), "{error}");
        }
    }
}
