namespace Attune.Kernels.Tests.Emulation;

/// <summary>What conditional jumps look at; null where an instruction leaves it undefined.</summary>
internal struct Flags
{
    /// <summary>The result is 0.</summary>
    public bool? Zero;

    /// <summary>The true result, of signed numbers, is below 0: sign and overflow differ.</summary>
    public bool? Less;

    /// <summary>The flags of a result.</summary>
    /// <param name="result">The true result of signed numbers.</param>
    /// <param name="bytes">Bytes of the operands.</param>
    public static Flags Of(Int128 result, int bytes) => new() { Zero = (bytes == sizeof(uint) ? (uint)result : (ulong)result) == 0, Less = result < 0 };

    /// <summary>A flag that code looks at.</summary>
    public static bool Defined(bool? flag) => flag ?? throw new EmulationException("looks at a flag that is undefined");
}
