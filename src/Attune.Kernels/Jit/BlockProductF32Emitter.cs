using System.Runtime.InteropServices;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Jit;

/// <summary>
/// Writes a product of few fp32 rows with a weight of few bits (see <see cref="Cpu.FewBits.BlockPanels"/>) for AVX2 and AVX-512: codes are cut out where they are and converted.
/// </summary>
/// <remarks>
/// A code that is masked but not shifted is the code times a power of 2, exactly; x is divided by it beforehand. So a register of codes costs an AND and a conversion for all rows, and
/// upper half-words one shift for all their codes. What stands for 0 is taken off by what the sum of a block starts from.
/// Each row has one sum per block, in the order of K, to which the block's scale and offset are applied; the sums over blocks lie on the stack. So bits do not depend on how many rows a kernel
/// has. One sum would wait for its own additions: fewer rows go through several blocks at a time.
/// r11 points to <see cref="GemmArguments"/>, whose A is a record per block of x (<see cref="BlockRecordsF32"/>), whose Steps are blocks and whose Tiles are not looked at. rax walks over x, rsi over the
/// panel, rcx counts, rbp keeps the stack pointer.
/// </remarks>
internal sealed class BlockProductF32Emitter
{
    /// <summary>Vector registers for sums: what 16 registers leave beside masks, codes and x, and enough for two multiply-adds of 4 cycles to be under way at any time.</summary>
    private const int Sums = 8;

    private const int MostBlocks = 4;
    private const int LineBytes = 64;

    /// <summary>How far ahead memory is fetched, also beyond the panel: the next one follows. The processor alone starts anew at every page.</summary>
    private const int BytesAhead = 4096;

    private const int MostVectors = 2;
    private const int Lower = Sums;
    private const int Upper = Lower + MostVectors;
    private const int Codes = Upper + MostVectors;
    private const int Number = Codes + MostVectors;
    private const int Masks = Number + 1;

    private readonly Assembler _code;
    private readonly VectorEmitter _vectors;
    private readonly BlockFormat _format;
    private readonly int _rows;
    private readonly GemmKernelFlags _flags;

    private BlockProductF32Emitter(Assembler code, VectorEmitter vectors, BlockFormat format, int rows, GemmKernelFlags flags)
    {
        _code = code;
        _vectors = vectors;
        _format = format;
        _rows = rows;
        _flags = flags;
    }

    /// <summary>Whether every place of a code in a half-word has a mask of its own; otherwise one goes from place to place.</summary>
    private bool KeepsMasks => _vectors.Registers >= Masks + Pairs;

    /// <summary>Codes of a half-word.</summary>
    private int Pairs => 16 / _format.Bits;

    private int ScaleBytes => Cpu.PanelLayout.PanelRows * _format.Scales.SizeInBytes;

    /// <summary>Rows of x that a kernel can take.</summary>
    /// <param name="panelVectors">Vectors that hold the 16 columns of a panel.</param>
    public static int MaxRows(int panelVectors) => Sums / panelVectors;

    /// <summary>Emits a kernel.</summary>
    public static void Emit(Assembler code, VectorEmitter vectors, BlockFormat format, int rows, GemmKernelFlags flags) =>
        new BlockProductF32Emitter(code, vectors, format, rows, flags).Emit();

    private static int Offset(string field) => (int)Marshal.OffsetOf<GemmArguments>(field);

    private static AssemblerMemoryOperand Argument(string field) => __[r11 + Offset(field)];

    private int BlockSum(int block, int vector, int row) => (((block * _vectors.PanelVectors) + vector) * _rows) + row;

    /// <summary>The sum over the blocks that are done.</summary>
    private AssemblerMemoryOperand Sum(int row, int vector) => __[rsp + (row * LineBytes) + (vector * _vectors.VectorBytes)];

    private void Emit()
    {
        CallingConvention.Enter(_code);
        _code.mov(rbp, rsp);
        _code.sub(rsp, _rows * LineBytes);
        _code.and(rsp, -LineBytes);
        if ((_flags & GemmKernelFlags.Masked) != 0)
        {
            _vectors.LoadMask(__word_ptr[r11 + Offset(nameof(GemmArguments.ColumnMask))]);
        }

        for (int pair = 0; pair < (KeepsMasks ? Pairs : 1); pair++)
        {
            _vectors.Fill(Masks + pair, ((1 << _format.Bits) - 1) << (pair * _format.Bits));
        }

        ClearSums();
        _code.mov(rax, Argument(nameof(GemmArguments.A)));
        _code.mov(rsi, Argument(nameof(GemmArguments.B)));
        _code.mov(rcx, Argument(nameof(GemmArguments.Steps)));
        int most = Math.Min(MostBlocks, Sums / (_rows * _vectors.PanelVectors));
        EmitLoop(most);
        for (int blocks = most / 2; blocks > 0; blocks /= 2)
        {
            Label none = _code.CreateLabel();
            _code.test(ecx, blocks);
            _code.jz(none);
            EmitBlocks(blocks);
            _code.Label(ref none);
        }

        EmitEpilogue();
        _code.mov(rsp, rbp);
        CallingConvention.Leave(_code);
    }

    private void ClearSums()
    {
        _vectors.Zero(0);
        for (int row = 0; row < _rows; row++)
        {
            for (int vector = 0; vector < _vectors.PanelVectors; vector++)
            {
                _vectors.StoreF32(Sum(row, vector), 0, masked: false);
            }
        }
    }

    /// <summary>All whole groups of blocks; ecx keeps the rest.</summary>
    private void EmitLoop(int blocks)
    {
        Label group = _code.CreateLabel();
        Label done = _code.CreateLabel();
        _code.sub(ecx, blocks);
        _code.jl(done);
        _code.Label(ref group);
        EmitBlocks(blocks);
        _code.sub(ecx, blocks);
        _code.jge(group);
        _code.Label(ref done);
        _code.add(ecx, blocks);
    }

    private void EmitBlocks(int blocks)
    {
        StartSums(blocks);
        for (int line = 0; line < _format.Bits; line++)
        {
            for (int block = 0; block < blocks; block++)
            {
                EmitLine(line, block);
            }
        }

        for (int block = 0; block < blocks; block++)
        {
            for (int vector = 0; vector < _vectors.PanelVectors; vector++)
            {
                EmitScale(block, vector);
            }
        }

        _code.add(rax, blocks * BlockRecordsF32.Bytes(_rows));
        _code.add(rsi, blocks * Cpu.FewBits.BlockPanels.BlockBytes(_format));
    }

    private void StartSums(int blocks)
    {
        for (int block = 0; block < blocks; block++)
        {
            for (int vector = 0; vector < _vectors.PanelVectors; vector++)
            {
                for (int row = 0; row < _rows; row++)
                {
                    if (_format.HasOffsets)
                    {
                        _vectors.Zero(BlockSum(block, vector, row));
                    }
                    else
                    {
                        _vectors.Broadcast(BlockSum(block, vector, row), Record(block, BlockRecordsF32.StartOffset(_rows, row)));
                    }
                }
            }
        }
    }

    /// <summary>16 columns times 8 (4 bits) or 4 (8 bits) steps along K.</summary>
    private void EmitLine(int line, int block)
    {
        int place = Block(block) + Cpu.FewBits.BlockPanels.CodesOffset(_format) + (line * LineBytes);
        _code.prefetcht0(__[rsi + place + BytesAhead]);
        for (int vector = 0; vector < _vectors.PanelVectors; vector++)
        {
            _vectors.LoadPacked(Lower + vector, __[rsi + place + (vector * _vectors.VectorBytes)]);
            _vectors.ShiftRight(Upper + vector, Lower + vector, 16);
        }

        for (int pair = 0; pair < Pairs; pair++)
        {
            for (int half = 0; half < 2; half++)
            {
                for (int vector = 0; vector < _vectors.PanelVectors; vector++)
                {
                    _vectors.And(Codes + vector, (half == 0 ? Lower : Upper) + vector, KeepsMasks ? Masks + pair : Masks);
                    _vectors.ConvertInt32(Codes + vector);
                }

                MultiplyAdd(block, (((line * Pairs) + pair) * 2) + half);
            }

            MoveMask(pair);
        }
    }

    private void MoveMask(int pair)
    {
        if (KeepsMasks)
        {
            return;
        }

        if (pair < Pairs - 1)
        {
            _vectors.ShiftLeft(Masks, (byte)_format.Bits);
        }
        else
        {
            _vectors.ShiftRight(Masks, Masks, (byte)(16 - _format.Bits));
        }
    }

    /// <summary>The codes of a step along K times its number of each row.</summary>
    private void MultiplyAdd(int block, int column)
    {
        for (int row = 0; row < _rows; row++)
        {
            int offset = BlockRecordsF32.NumberOffset(row, column);
            if (_vectors.PanelVectors == 1)
            {
                _vectors.MultiplyAdd(BlockSum(block, 0, row), Codes, __dword_bcst[rax + RecordPlace(block) + offset]);
                continue;
            }

            _vectors.Broadcast(Number, Record(block, offset));
            for (int vector = 0; vector < _vectors.PanelVectors; vector++)
            {
                _vectors.MultiplyAdd(BlockSum(block, vector, row), Codes + vector, Number);
            }
        }
    }

    private void EmitScale(int block, int vector)
    {
        if (vector == 0)
        {
            for (int displacement = 0; displacement < Cpu.FewBits.BlockPanels.CodesOffset(_format); displacement += LineBytes)
            {
                _code.prefetcht0(__[rsi + Block(block) + displacement + BytesAhead]);
            }
        }

        int place = Block(block) + (vector * ScaleBytes / _vectors.PanelVectors);
        LoadScales(Lower, __[rsi + place]);
        if (_format.HasOffsets)
        {
            LoadScales(Upper, __[rsi + place + ScaleBytes]);
        }

        for (int row = 0; row < _rows; row++)
        {
            int sum = BlockSum(block, vector, row);
            _vectors.MultiplyThenAdd(sum, Lower, Sum(row, vector));
            if (_format.HasOffsets)
            {
                _vectors.Broadcast(Number, Record(block, BlockRecordsF32.SumOffset(_rows, row)));
                _vectors.MultiplyAdd(sum, Upper, Number);
            }

            _vectors.StoreF32(Sum(row, vector), sum, masked: false);
        }
    }

    private void LoadScales(int target, AssemblerMemoryOperand source)
    {
        if (_format.Scales == DType.F16)
        {
            _vectors.LoadF16(target, source);
        }
        else
        {
            _vectors.LoadPacked(target, source);
        }
    }

    private int Block(int block) => block * Cpu.FewBits.BlockPanels.BlockBytes(_format);

    private int RecordPlace(int block) => block * BlockRecordsF32.Bytes(_rows);

    private AssemblerMemoryOperand Record(int block, int offset) => __dword_ptr[rax + RecordPlace(block) + offset];

    private void EmitEpilogue()
    {
        var epilogue = new EpilogueEmitter(_code, _vectors, _vectors.PanelVectors, firstFree: 1, _flags);
        epilogue.Load();
        for (int row = 0; row < _rows; row++)
        {
            for (int vector = 0; vector < _vectors.PanelVectors; vector++)
            {
                _vectors.LoadF32(0, Sum(row, vector), masked: false);
                epilogue.Store(0, vector);
            }

            epilogue.NextRow();
        }
    }
}
