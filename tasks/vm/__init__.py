"""Operations on VMs: their lifecycle, power, guests and copies."""
