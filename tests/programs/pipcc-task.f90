! SPDX-License-Identifier: BSD-2-Clause
! A Fortran task that asks who it is, through the C interface.
program pipcc_task
	use, intrinsic :: iso_c_binding
	implicit none
	interface
		integer(c_int) function pip_get_pipid(pipid) bind(c)
			import :: c_int
			integer(c_int) :: pipid
		end function
	end interface
	integer(c_int) :: pipid
	if (pip_get_pipid(pipid) == 0) then
		print '(a,i0)', 'Fortran task ', pipid
	else
		print '(a)', 'Fortran, no task'
	end if
end program
