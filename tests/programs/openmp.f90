! SPDX-License-Identifier: BSD-2-Clause
! A parallel sum, a common block and formatted output.
program openmp
  use omp_lib
  implicit none
  integer :: i, threads
  integer(8) :: total
  common /shared_block/ total

  total = 0
  threads = 0
  !$omp parallel num_threads(4) reduction(+:threads)
  threads = threads + 1
  !$omp end parallel
  !$omp parallel do num_threads(4) reduction(+:total)
  do i = 1, 100000
    total = total + i
  end do
  !$omp end parallel do
  write (*, '(A, I0, A, I0)') 'threads ', threads, ' total ', total
  if (total /= 5000050000_8) stop 1
end program openmp
