//! Where a device is on the PCI bus. OpenCL has several extensions that tell, none of them everywhere.

use fafnir_fpga_hal::device::PciAddress;
use ocl::{
    Device,
    core::{self, DeviceInfo as Query},
};

/// `cl_khr_pci_bus_info`: domain, bus, device and function, four words.
const KHR_BUS_INFO: u32 = 0x410F;

/// `cl_nv_device_attribute_query`: a word each; the slot holds device and function.
const NV_BUS: u32 = 0x4008;
const NV_SLOT: u32 = 0x4009;
const NV_DOMAIN: u32 = 0x400A;

/// `cl_amd_device_attribute_query`: a word that says what follows, which for PCI Express ends with one
/// byte each for bus, device and function.
const AMD_TOPOLOGY: u32 = 0x4037;
const AMD_PCIE: u32 = 1;
const AMD_BUS: usize = 21;

/// Xilinx: the address as text.
const XILINX_ADDRESS: u32 = 0x1120;

/// Returns a device's address, if its driver tells.
pub(crate) fn address(device: Device) -> Option<PciAddress> {
    let extensions = device.info(Query::Extensions).ok()?.to_string();
    // Drivers are not asked what they do not know: some answer with errors that the bindings do not.
    let has = |extension: &str| extensions.split(' ').any(|name| name == extension);
    if has("cl_khr_pci_bus_info") {
        khr(&ask(device, KHR_BUS_INFO)?)
    } else if has("cl_nv_device_attribute_query") {
        nvidia(&[NV_DOMAIN, NV_BUS, NV_SLOT].map(|query| ask(device, query)))
    } else if has("cl_amd_device_attribute_query") {
        amd(&ask(device, AMD_TOPOLOGY)?)
    } else if device.vendor().ok()?.starts_with("Xilinx") {
        xilinx(&ask(device, XILINX_ADDRESS)?)
    } else {
        None
    }
}

fn ask(device: Device, query: u32) -> Option<Vec<u8>> {
    core::get_device_info_raw(device, query).ok()
}

fn khr(answer: &[u8]) -> Option<PciAddress> {
    Some(PciAddress {
        domain: word(answer, 0)?,
        bus: word(answer, 1)?.try_into().ok()?,
        device: word(answer, 2)?.try_into().ok()?,
        function: word(answer, 3)?.try_into().ok()?,
    })
}

fn nvidia(answers: &[Option<Vec<u8>>; 3]) -> Option<PciAddress> {
    let [domain, bus, slot] = answers;
    let slot = word(slot.as_ref()?, 0)?;
    Some(PciAddress {
        // Older drivers do not tell it.
        domain: domain
            .as_ref()
            .and_then(|answer| word(answer, 0))
            .unwrap_or(0),
        bus: word(bus.as_ref()?, 0)?.try_into().ok()?,
        device: (slot >> 3).try_into().ok()?,
        function: (slot & 7) as u8,
    })
}

fn amd(answer: &[u8]) -> Option<PciAddress> {
    let &[bus, device, function] = answer.get(AMD_BUS..)?.first_chunk()?;
    (word(answer, 0)? == AMD_PCIE).then_some(PciAddress {
        domain: 0,
        bus,
        device,
        function,
    })
}

fn xilinx(answer: &[u8]) -> Option<PciAddress> {
    let text = answer.split(|&byte| byte == 0).next()?;
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}

fn word(bytes: &[u8], index: usize) -> Option<u32> {
    let (words, _) = bytes.as_chunks::<4>();
    words.get(index).map(|&word| u32::from_le_bytes(word))
}
