using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.MatMul;
using Attune.Kernels.Cpu.Simd;
using Attune.Kernels.Jit;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Cpu.Int8;

/// <summary>A weight [N, K] as 8-bit codes with a scale per row, in panels of 16 of its rows.</summary>
/// <remarks>
/// A code is 127 w / (the largest magnitude of its row), rounded to nearest, ties to even (the row-wise scheme of LLM.int8(), Dettmers et al. 2022). A panel is [K/4][16][4]: the codes of
/// four columns side by side.
/// </remarks>
internal sealed unsafe class Int8Panels : PackedMatrix
{
    private const int PanelRows = PanelLayout.PanelRows;
    private const float LargestCode = sbyte.MaxValue;

    private readonly AlignedBuffer _codes;
    private readonly AlignedBuffer _scales;
    private readonly AlignedBuffer _corrections;
    private readonly AlignedBuffer _turnedCorrections;

    public Int8Panels(int rows, int columns, PackUse use)
        : base(rows, columns, DType.I8, use)
    {
        Panels = PanelLayout.PanelsOf(rows);
        _codes = new AlignedBuffer(Panels * (long)PanelBytes);
        _scales = AlignedBuffer.Zeroed(Int8Blocks.Count(Int8Blocks.StepsOf(rows)) * (long)Int8Blocks.Codes * sizeof(float));
        _corrections = new AlignedBuffer(Int8Blocks.Count(Steps) * (long)CorrectionStride);
        _turnedCorrections = new AlignedBuffer((use & PackUse.Backward) == 0 ? 0 : TurnedBlocks * (long)TurnedCorrectionStride);
    }

    /// <summary>Number of panels.</summary>
    public int Panels { get; }

    /// <summary>Steps of four codes along K.</summary>
    public int Steps => Int8Blocks.StepsOf(Columns);

    /// <summary>Bytes from a panel to the next.</summary>
    public nint PanelBytes => (nint)Steps * PanelLayout.StepBytes;

    /// <summary>Bytes from the corrections of a block of steps to those of the next.</summary>
    public nint CorrectionStride => (nint)Panels * PanelRows * sizeof(int);

    /// <summary>Blocks of rows, along which products with W itself are summed.</summary>
    public int TurnedBlocks => Int8Blocks.Count(Int8Blocks.StepsOf(Rows));

    /// <summary>Bytes from the corrections of a block of rows to those of the next.</summary>
    public nint TurnedCorrectionStride => (nint)PanelLayout.PanelsOf(Columns) * PanelRows * sizeof(int);

    /// <summary>The scale of each row, and zeros up to whole blocks.</summary>
    public float* Scales => (float*)_scales.Pointer;

    /// <inheritdoc/>
    public override long Bytes => _codes.Bytes + _scales.Bytes + _corrections.Bytes + _turnedCorrections.Bytes;

    /// <inheritdoc/>
    public override long BytesPerProduct => Bytes;

    /// <summary>First byte of a panel.</summary>
    public byte* Panel(int index) => _codes.Pointer + (index * (long)PanelBytes);

    /// <summary>Corrections of the first block for the rows of a panel.</summary>
    public int* Corrections(int panel) => (int*)_corrections.Pointer + (panel * PanelRows);

    /// <summary>Corrections of the first block of rows for 16 columns, for <see cref="PackUse.Backward"/>.</summary>
    public int* TurnedCorrections(int panel) => (int*)_turnedCorrections.Pointer + (panel * PanelRows);

    /// <summary>Fills a panel.</summary>
    [MethodImpl(Compile.Loop)]
    public void Pack(in MatrixView weight, int panel)
    {
        byte* target = Panel(panel);
        new Span<byte>(target, checked((int)PanelBytes)).Clear();
        float* values = stackalloc float[Int8Blocks.Codes];
        for (int row = panel * PanelRows; row < Math.Min(Rows, (panel + 1) * PanelRows); row++)
        {
            float largest = 0;
            for (int column = 0; column < Columns; column += Int8Blocks.Codes)
            {
                Int8Blocks.Read(weight, row, column, values);
                largest = MathF.Max(largest, Int8Rounding.LargestMagnitude(values));
            }

            Scales[row] = largest / LargestCode;
            for (int column = 0; column < Columns && largest > 0; column += Int8Blocks.Codes)
            {
                int count = Int8Blocks.Read(weight, row, column, values);
                for (int i = 0; i < count; i++)
                {
                    *Place(target, row % PanelRows, column + i) = (sbyte)MathF.Round(values[i] * LargestCode / largest);
                }
            }
        }

        Int8Blocks.Correct(target, Steps, Corrections(panel), CorrectionStride);
    }

    /// <summary>Writes the corrections of a block of rows, whose panels are filled.</summary>
    public void CorrectTurned(int block)
    {
        const int BlockPanels = Int8Blocks.Codes / PanelRows;
        int first = block * BlockPanels;
        int panels = Math.Min(BlockPanels, Panels - first);
        var corrections = (int*)((byte*)TurnedCorrections(0) + (block * TurnedCorrectionStride));
        new Span<int>(corrections, (int)(TurnedCorrectionStride / sizeof(int))).Clear();
        for (int step = 0; step < Steps; step++)
        {
            Int8Blocks.CorrectRows(Panel(first) + ((nint)step * PanelLayout.StepBytes), PanelBytes, panels, corrections + (step * Int8Arguments.StepCodes));
        }
    }

    /// <inheritdoc/>
    /// <exception cref="TensorException">The destination has another size, or no float type.</exception>
    public override void Unpack(Tensor destination)
    {
        MatrixView view = Matrices.Unpacked(destination, Rows, Columns);
        for (int row = 0; row < Rows; row++)
        {
            byte* panel = Panel(row / PanelRows);
            for (int column = 0; column < Columns; column++)
            {
                PackedElements.Write(view.At(row, column), view.DType, 0, *Place(panel, row % PanelRows, column) * Scales[row]);
            }
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _codes.Dispose();
            _scales.Dispose();
            _corrections.Dispose();
            _turnedCorrections.Dispose();
        }
    }

    private static sbyte* Place(byte* panel, int row, int column) =>
        (sbyte*)panel + ((nint)(column / Int8Arguments.StepCodes) * PanelLayout.StepBytes) + (row * Int8Arguments.StepCodes) + (column % Int8Arguments.StepCodes);
}
