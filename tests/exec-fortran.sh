#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A Fortran program with OpenMP threads and a common block, four times.
. "${srcdir:-.}/tests/testlib.sh"

need_command gfortran gfortran
compile gfortran -O2 -fPIE -pie -fopenmp -o openmp "$program_sources/openmp.f90"
[ "$(./openmp)" = 'threads 4 total 5000050000' ] || framework_failed 'it fails by itself'
expect_status 0 "$pip_exec" -n 4 ./openmp
expect_lines 4 'threads 4 total 5000050000' out
