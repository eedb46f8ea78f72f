# SPDX-License-Identifier: MIT
"""SubBytes of AES on eight bit planes, as the logic circuit of J. Boyar and R. Peralta (2010).

It inverts in GF(2^8) over the tower GF(((2^2)^2)^2): 113 gates of XOR, AND and NOT, straight on.
Names: u input planes, top bit first; a linear layer in; t the shared inversion; m products; b linear layer out.
"""

import micropython
from micropython import const

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from typing import Any

    ptr16 = Any
    object = Any  # viper takes no None as an annotation


@micropython.viper
def sub_bytes(planes: ptr16) -> object:
    """Replaces the state in planes[0:8] (plane i: bit i of each of 16 bytes) by its S-box values, in place."""
    u0 = planes[7]
    u1 = planes[6]
    u2 = planes[5]
    u3 = planes[4]
    u4 = planes[3]
    u5 = planes[2]
    u6 = planes[1]
    u7 = planes[0]
    a14 = u3 ^ u5
    a13 = u0 ^ u6
    a9 = u0 ^ u3
    a8 = u0 ^ u5
    t0 = u1 ^ u2
    a1 = t0 ^ u7
    a4 = a1 ^ u3
    a12 = a13 ^ a14
    a2 = a1 ^ u0
    a5 = a1 ^ u6
    a3 = a5 ^ a8
    t1 = u4 ^ a12
    a15 = t1 ^ u5
    a20 = t1 ^ u1
    a6 = a15 ^ u7
    a10 = a15 ^ t0
    a11 = a20 ^ a9
    a7 = u7 ^ a11
    a17 = a10 ^ a11
    a19 = a10 ^ a8
    a16 = t0 ^ a11
    a21 = a13 ^ a16
    a18 = u0 ^ a16
    t2 = a12 & a15
    t3 = a3 & a6
    t4 = t3 ^ t2
    t5 = a4 & u7
    t6 = t5 ^ t2
    t7 = a13 & a16
    t8 = a5 & a1
    t9 = t8 ^ t7
    t10 = a2 & a7
    t11 = t10 ^ t7
    t12 = a9 & a11
    t13 = a14 & a17
    t14 = t13 ^ t12
    t15 = a8 & a10
    t16 = t15 ^ t12
    t17 = t4 ^ t14
    t18 = t6 ^ t16
    t19 = t9 ^ t14
    t20 = t11 ^ t16
    t21 = t17 ^ a20
    t22 = t18 ^ a19
    t23 = t19 ^ a21
    t24 = t20 ^ a18
    t25 = t21 ^ t22
    t26 = t21 & t23
    t27 = t24 ^ t26
    t28 = t25 & t27
    t29 = t28 ^ t22
    t30 = t23 ^ t24
    t31 = t22 ^ t26
    t32 = t31 & t30
    t33 = t32 ^ t24
    t34 = t23 ^ t33
    t35 = t27 ^ t33
    t36 = t24 & t35
    t37 = t36 ^ t34
    t38 = t27 ^ t36
    t39 = t29 & t38
    t40 = t25 ^ t39
    t41 = t40 ^ t37
    t42 = t29 ^ t33
    t43 = t29 ^ t40
    t44 = t33 ^ t37
    t45 = t42 ^ t41
    m0 = t44 & a15
    m1 = t37 & a6
    m2 = t33 & u7
    m3 = t43 & a16
    m4 = t40 & a1
    m5 = t29 & a7
    m6 = t42 & a11
    m7 = t45 & a17
    m8 = t41 & a10
    m9 = t44 & a12
    m10 = t37 & a3
    m11 = t33 & a4
    m12 = t43 & a13
    m13 = t40 & a5
    m14 = t29 & a2
    m15 = t42 & a9
    m16 = t45 & a14
    m17 = t41 & a8
    t46 = m15 ^ m16
    t47 = m10 ^ m11
    t48 = m5 ^ m13
    t49 = m9 ^ m10
    t50 = m2 ^ m12
    t51 = m2 ^ m5
    t52 = m7 ^ m8
    t53 = m0 ^ m3
    t54 = m6 ^ m7
    t55 = m16 ^ m17
    t56 = m12 ^ t48
    t57 = t50 ^ t53
    t58 = m4 ^ t46
    t59 = m3 ^ t54
    t60 = t46 ^ t57
    t61 = m14 ^ t57
    t62 = t52 ^ t58
    t63 = t49 ^ t58
    t64 = m4 ^ t59
    t65 = t61 ^ t62
    t66 = m1 ^ t63
    s0 = t59 ^ t63
    s6 = t56 ^ t62 ^ 0xFFFF
    s7 = t48 ^ t60 ^ 0xFFFF
    t67 = t64 ^ t65
    s3 = t53 ^ t66
    s4 = t51 ^ t66
    s5 = t47 ^ t65
    s1 = t64 ^ s3 ^ 0xFFFF
    s2 = t55 ^ t67 ^ 0xFFFF
    planes[7] = s0
    planes[6] = s1
    planes[5] = s2
    planes[4] = s3
    planes[3] = s4
    planes[2] = s5
    planes[1] = s6
    planes[0] = s7
