using Attune.Kernels.Cpu;
using Attune.Tensors;

namespace Attune.Kernels.Jit;

/// <summary>The kernels of a tier for products of int8 rows with weights of few bits. All compute the same bits: sums of codes are exact, and what is behind them is computed in one order.</summary>
internal sealed unsafe class BlockInt8Kernels
{
    private const int FlagValues = 64;
    private const int Kinds = 4;

    private readonly KernelCache _codes = new(Kinds * (GemmEmitter.MaxRows + 1) * (GemmEmitter.MaxPanels + 1) * FlagValues);

    private readonly bool _convertsBF16;

    /// <summary>Chooses the kernels of a tier.</summary>
    public BlockInt8Kernels(CpuTier tier)
    {
        _convertsBF16 = tier >= CpuTier.Avx512Bf16;
        AreEmitted = tier >= CpuTier.Avx512 && Int8Kernels.IsSupported && PassesSelfCheck();
    }

    /// <summary>Whether kernels are machine code; else they are C#.</summary>
    public bool AreEmitted { get; }

    /// <summary>Whether kernels add products of operands stored in a type.</summary>
    public bool Adds(DType storage) => storage == DType.F32 || (AreEmitted && _convertsBF16);

    /// <summary>Computes <see cref="GemmArguments.Tiles"/> tiles; the arguments are changed.</summary>
    /// <param name="arguments">The product, whose steps are blocks.</param>
    /// <param name="hasOffsets">Whether the weight has offsets.</param>
    /// <param name="rows">Rows of a tile.</param>
    /// <param name="panels">Panels of a tile.</param>
    /// <param name="flags">What is done with the sums.</param>
    /// <param name="added">Type of the operands of the added product, one that <see cref="Adds"/>.</param>
    public void Run(GemmArguments* arguments, bool hasOffsets, int rows, int panels, GemmKernelFlags flags, DType added = DType.F32)
    {
        if (AreEmitted)
        {
            Invoke(arguments, hasOffsets, rows, panels, flags, added);
        }
        else
        {
            BlockInt8Reference.Run(arguments, hasOffsets, rows, panels, flags);
        }
    }

    /// <summary>Runs machine code on a processor that has the instructions.</summary>
    internal void Invoke(GemmArguments* arguments, bool hasOffsets, int rows, int panels, GemmKernelFlags flags, DType added = DType.F32)
    {
        int kind = (hasOffsets ? 1 : 0) + (added == DType.BF16 ? 2 : 0);
        int index = (((((kind * (GemmEmitter.MaxRows + 1)) + rows) * (GemmEmitter.MaxPanels + 1)) + panels) * FlagValues) + (int)flags;
        nint code = _codes.Get(index, (Converts: _convertsBF16, Added: added, HasOffsets: hasOffsets, Rows: rows, Panels: panels, Flags: flags), static (code, kernel) =>
            BlockInt8Emitter.Emit(code, kernel.Converts, kernel.Added, kernel.HasOffsets, kernel.Rows, kernel.Panels, kernel.Flags));
        ((delegate* unmanaged<GemmArguments*, void>)code)(arguments);
    }

    /// <summary>A small product of more than one block beside the C# kernel.</summary>
    private bool PassesSelfCheck()
    {
        const int Blocks = 3;
        const int Columns = PanelLayout.PanelRows;
        byte* row = stackalloc byte[Blocks * BlockInt8Layout.RowBytes];
        byte* panel = stackalloc byte[Blocks * BlockInt8Layout.PanelBytes(hasOffsets: true)];
        float* expected = stackalloc float[Columns];
        float* actual = stackalloc float[Columns];
        for (int i = 0; i < Blocks * BlockInt8Layout.RowBytes; i++)
        {
            row[i] = (byte)(i * 37 % 251);
        }

        // Scales and offsets, and those of the row, are some numbers between 1 and 2.
        for (int i = 0; i < Blocks * BlockInt8Layout.PanelBytes(hasOffsets: true) / sizeof(uint); i++)
        {
            ((uint*)panel)[i] = 0x3F800000u | ((uint)i * 7919);
        }

        for (int block = 0; block < Blocks; block++)
        {
            byte* factors = row + (block * BlockInt8Layout.RowBytes);
            *(float*)(factors + BlockInt8Layout.RowScale) = 1 + (block / 7f);
            *(float*)(factors + BlockInt8Layout.RowSum) = 3 - (block / 5f);
        }

        var arguments = new GemmArguments { A = row, B = panel, Steps = Blocks, C = (byte*)expected, Tiles = 1 };
        GemmArguments real = arguments;
        real.C = (byte*)actual;
        BlockInt8Reference.Run(&arguments, hasOffsets: true, 1, 1, GemmKernelFlags.None);
        Invoke(&real, hasOffsets: true, 1, 1, GemmKernelFlags.None);
        return new Span<byte>(expected, Columns * sizeof(float)).SequenceEqual(new Span<byte>(actual, Columns * sizeof(float)));
    }
}
