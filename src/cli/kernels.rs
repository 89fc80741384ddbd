//! `fafnir kernels`

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use fafnir::{Contract, DevicePattern, Error, KernelPackage, SigningKey, build_kernels};

use super::{
    say,
    verify::{proves, trusted},
};

/// Build, sign and check packages of device programs
#[derive(Args, Debug)]
pub(super) struct Kernels {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Build the kernels from source for a device of this machine
    Build(Build),
    /// Package a program that a vendor's tools built
    Sign(Sign),
    /// Check a package and show what it is
    Verify(Verify),
}

#[derive(Args, Debug)]
struct Build {
    /// The device: a part of its, its platform's or its maker's name
    #[arg(long, value_name = "NAME")]
    device: String,

    #[command(flatten)]
    output: Output,
}

#[derive(Args, Debug)]
struct Sign {
    /// The program, such as an xclbin
    #[arg(long, value_name = "FILE")]
    binary: PathBuf,

    /// The device or board that it is for, as OpenCL names it; * stands for any characters
    #[arg(long, value_name = "NAME")]
    board: String,

    /// A kernel in it and the version of its contract; may be repeated
    #[arg(long = "contract", value_name = "KERNEL:VERSION", required = true)]
    #[arg(value_parser = contract)]
    contracts: Vec<Contract>,

    /// The OpenCL platform that it is for [default: any]
    #[arg(long, value_name = "NAME")]
    platform: Option<String>,

    /// The driver's version that it is for [default: any]
    #[arg(long, value_name = "VERSION")]
    driver: Option<String>,

    /// A tool that made it; may be repeated
    #[arg(long = "tool", value_name = "NAME=VERSION", value_parser = tool)]
    tools: Vec<(String, String)>,

    /// What it takes of the device; may be repeated
    #[arg(long = "resource", value_name = "NAME=NUMBER", value_parser = resource)]
    resources: Vec<(String, u64)>,

    #[command(flatten)]
    output: Output,
}

#[derive(Args, Debug)]
struct Output {
    /// Private key (PEM, P-256) that signs; see `fafnir key` [default: a key of this machine]
    #[arg(long, value_name = "KEY.pem")]
    key: Option<PathBuf>,

    /// The package, a new folder
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

#[derive(Args, Debug)]
struct Verify {
    /// The package
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// Public key (PEM) that is trusted; may be repeated [default: this machine's development key]
    #[arg(long = "key", value_name = "KEY.pub.pem")]
    keys: Vec<PathBuf>,
}

impl Kernels {
    pub(super) fn run(&self) -> Result<(), Error> {
        match &self.command {
            Command::Build(Build { device, output }) => {
                let package = build_kernels(device, &output.output, &output.signer()?)?;
                show(&output.output, &package);
            }
            Command::Sign(sign) => show(&sign.output.output, &sign.run()?),
            Command::Verify(Verify { folder, keys }) => {
                let package = KernelPackage::open(folder, &trusted(keys)?)?;
                let description = package.get().description();
                let proves = proves(description.is_signed_by_development_key());
                for id in package.get().key_ids() {
                    say(format_args!("signed by      {id}{proves}"));
                }
                show(folder, description);
                say(format_args!("{}: verified", folder.display()));
            }
        }
        Ok(())
    }
}

impl Sign {
    fn run(&self) -> Result<KernelPackage, Error> {
        let name = self.binary.file_name().unwrap_or_default().to_str();
        let name = name.ok_or_else(|| Error::usage("the binary's file name is not in UTF-8"))?;
        let binary = KernelPackage::read_binary(&self.binary)?;
        let device = DevicePattern {
            name: self.board.clone(),
            platform: self.platform.clone(),
            driver: self.driver.clone(),
        };
        let mut package = KernelPackage::new(name, &binary, device, self.contracts.clone())?;
        package.tools = unique("tool", &self.tools)?;
        package.resources = unique("resource", &self.resources)?;
        package.write(&binary, &self.output.output, &self.output.signer()?)
    }
}

impl Output {
    fn signer(&self) -> Result<SigningKey, Error> {
        Ok(match &self.key {
            Some(path) => SigningKey::load(path)?,
            None => SigningKey::development()?,
        })
    }
}

fn show(folder: &Path, package: &KernelPackage) {
    let digest = package.binary_digest();
    let device = &package.device;
    let any = |text: &Option<String>| text.clone().unwrap_or_else(|| "any".to_owned());
    say(format_args!("package        {}", folder.display()));
    say(format_args!("device         {}", device.name));
    say(format_args!("platform       {}", any(&device.platform)));
    say(format_args!("driver         {}", any(&device.driver)));
    for Contract { kernel, version } in &package.contracts {
        say(format_args!("contract       {kernel}:{version}"));
    }
    say(format_args!("binary         {}", package.binary_name()));
    say(format_args!("bytes          {}", digest.size));
    say(format_args!("sha256         {}", digest.sha256));
    if let Some(uuid) = package.xclbin_uuid() {
        say(format_args!("xclbin uuid    {uuid}"));
    }
    for (tool, version) in &package.tools {
        say(format_args!("made by        {tool} {version}"));
    }
    for (resource, count) in &package.resources {
        say(format_args!("takes          {count} {resource}"));
    }
}

fn contract(text: &str) -> Result<Contract, String> {
    let (kernel, version) = text.split_once(':').ok_or("not KERNEL:VERSION")?;
    let version = version.parse().map_err(|_| "the version is no number")?;
    let kernel = kernel.to_owned();
    Ok(Contract { kernel, version })
}

fn tool(text: &str) -> Result<(String, String), String> {
    let (name, version) = text.split_once('=').ok_or("not NAME=VERSION")?;
    Ok((name.to_owned(), version.to_owned()))
}

fn resource(text: &str) -> Result<(String, u64), String> {
    let (name, number) = text.split_once('=').ok_or("not NAME=NUMBER")?;
    let number = number.parse().map_err(|_| "not a whole number")?;
    Ok((name.to_owned(), number))
}

fn unique<T: Clone>(what: &str, pairs: &[(String, T)]) -> Result<BTreeMap<String, T>, Error> {
    let map: BTreeMap<_, _> = pairs.iter().cloned().collect();
    if map.len() == pairs.len() {
        Ok(map)
    } else {
        Err(Error::usage(format!("a {what} is named twice")))
    }
}
