#!/bin/sh
# Stands in for the device host: its "driver" is a shell script that says what goes wrong.
. "$OCL_ICD_VENDORS/driver.icd"
