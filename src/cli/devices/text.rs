//! `fafnir devices` for people.

use std::fmt::Write;

use fafnir_fpga_hal::device::{DeviceKind, Telemetry};

use super::listing::{Cpu, Driver, Listed, Listing, SelfTest, State};

/// How much of a driver's error is shown, in characters: some tell of every file that they missed.
const SHOWN: usize = 300;

pub(super) fn table(listing: &Listing) -> String {
    let mut out = String::new();
    cpu(&mut out, &listing.cpu);
    if let Some(note) = &listing.note {
        head(&mut out, "OpenCL");
        row(&mut out, "", note);
    }
    for driver in &listing.drivers {
        self::driver(&mut out, driver);
    }
    out
}

fn cpu(out: &mut String, cpu: &Cpu) {
    let model = cpu.model.as_deref().unwrap_or(cpu.architecture);
    head(out, "--device cpu");
    row(out, "name", &format!("{model}, {} cores", cpu.cores));
    for set in &cpu.instruction_sets {
        row(out, set.name, tested(set.state));
    }
    telemetry(out, &cpu.telemetry);
}

fn driver(out: &mut String, driver: &Driver) {
    if driver.devices.is_empty() {
        head(out, &driver.icd.display().to_string());
        let error = driver.error.as_deref();
        row(out, "", error.unwrap_or("the driver has no device"));
    }
    for device in &driver.devices {
        head(out, &format!("--device 'opencl:{}'", device.selector));
        self::device(out, driver, device);
    }
}

fn device(out: &mut String, driver: &Driver, device: &Listed) {
    let info = &device.info;
    let kind = match info.kind {
        DeviceKind::Cpu => "the processor, by OpenCL",
        DeviceKind::Gpu => "a graphics card",
        DeviceKind::Accelerator => "an accelerator card",
        _ => "of another kind",
    };
    row(out, "name", &format!("{}, {kind}", info.name));
    row(
        out,
        "platform",
        &format!(
            "{}, {}, driver {}",
            info.platform, info.version, info.driver
        ),
    );
    row(out, "registered", &driver.icd.display().to_string());
    row(
        out,
        "memory",
        &format!(
            "{:.1} GiB, {} compute units",
            info.memory as f64 / f64::from(1 << 30),
            info.compute_units
        ),
    );
    let mut contracts = Vec::new();
    for contract in &info.contracts {
        contracts.push(format!(
            "{} (contract {})",
            contract.kernel, contract.version
        ));
    }
    row(out, "kernels", &listed(&contracts));
    for withheld in &info.withheld {
        row(out, &format!("no {}", withheld.kernel), &withheld.why);
    }
    row(out, "sandbox", &listed(&info.sandbox));
    if let Some(address) = info.pci {
        row(out, "PCI", &address.to_string());
    }
    telemetry(out, &device.telemetry);
    if let Some(SelfTest { state, why }) = &device.self_test {
        row(out, "self-test", tested(*state));
        if let Some(why) = why {
            row(out, "", why);
        }
    }
}

fn telemetry(out: &mut String, telemetry: &Telemetry) {
    let Telemetry {
        temperature_celsius,
        power_watts,
        energy_joules,
    } = telemetry;
    if let Some(celsius) = temperature_celsius {
        row(out, "temperature", &format!("{celsius:.1} °C"));
    }
    if let Some(watts) = power_watts {
        row(out, "power", &format!("{watts:.1} W"));
    }
    if let Some(joules) = energy_joules {
        row(
            out,
            "energy",
            &format!("{joules:.0} J since an unknown moment"),
        );
    }
}

fn tested(state: State) -> &'static str {
    match state {
        State::Passed => "answers all known questions rightly",
        State::Failed => "ANSWERS A KNOWN QUESTION WRONGLY: do not use it",
        State::Absent => "not in this processor",
        State::Impossible => "cannot be tested",
    }
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.join(", "),
    }
}

fn head(out: &mut String, title: &str) {
    if !out.is_empty() {
        out.push('\n');
    }
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}", plain(title));
}

fn row(out: &mut String, name: &str, value: &str) {
    let _ = writeln!(out, "  {name:12}{}", plain(value));
}

/// Makes one short line of what a driver says, without what would command a terminal.
fn plain(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let mut shown: String = lines
        .join("; ")
        .chars()
        .map(|letter| if letter.is_control() { '?' } else { letter })
        .collect();
    if let Some((end, _)) = shown.char_indices().nth(SHOWN) {
        shown.truncate(end);
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driver_cannot_command_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\n\n  c\r\n"), "a?[2Jb; c");
        let long = "x".repeat(SHOWN + 1);
        assert_eq!(plain(&long), format!("{}…", &long[..SHOWN]));
        assert_eq!(plain(&long[..SHOWN]), long[..SHOWN]);
    }
}
