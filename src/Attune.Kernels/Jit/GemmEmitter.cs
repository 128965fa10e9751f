using System.Runtime.InteropServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Jit;

/// <summary>Writes a matrix-product kernel: a register tile of rows x panels that runs along the whole of K, then along the added product, then the epilogue.</summary>
/// <remarks>
/// Each element of C has one accumulator, meets its products in the order of K and is summed in blocks of <see cref="BlockSteps"/> steps, so its bits depend neither
/// on the tile nor on how rows and panels are shared among threads. Numbers of A are broadcast into a register first: 15 to 20 % faster than the memory form of the multiply-add.
/// General registers: rax, r8, r9, r10, rbx point to rows 0, 3, 6, 9, 12; rdx is the stride of A; rsi and rbp point to panels 0 and 3, rdi is their
/// stride; rcx counts; r11 is the argument. What is fetched meanwhile is <see cref="GemmFetchEmitter"/>'s, the epilogue <see cref="EpilogueEmitter"/>'s.
/// </remarks>
internal class GemmEmitter
{
    /// <summary>Rows that the five row pointers reach.</summary>
    public const int MaxRows = 15;

    /// <summary>Panels that the two panel pointers reach.</summary>
    public const int MaxPanels = 4;

    /// <summary>
    /// Steps along K of fp32 operands whose products are summed before the sum is added to that of the blocks before. Rounding errors grow with the length of a chain of
    /// additions: in one chain the gradients of a real model of 30 layers were off by up to 8e-4, in blocks of 128 by 4e-6.
    /// </summary>
    public const int BlockSteps = 128;

    /// <summary>The same of pairs of bf16, whose own rounding hides that of sums up to here.</summary>
    public const int PairBlockSteps = 512;

    /// <summary>Bytes of a row of A per step.</summary>
    public const int StepBytesA = 4;

    /// <summary>Bytes of a panel per step.</summary>
    public const int StepBytesB = 64;

    private const int Unroll = 4;

    private readonly Assembler _code;
    private readonly VectorEmitter _vectors;
    private readonly int _rows;
    private readonly int _panels;
    private readonly GemmKernelFlags _flags;
    private readonly int _blockSteps;
    private readonly GemmFetchEmitter _fetch;
    private readonly AssemblerRegister64[] _rowPointers = [rax, r8, r9, r10, rbx];

    /// <summary>Prepares a kernel.</summary>
    /// <param name="code">Where the instructions go.</param>
    /// <param name="vectors">The vector instructions.</param>
    /// <param name="rows">Rows of the tile.</param>
    /// <param name="panels">Panels of the tile.</param>
    /// <param name="flags">What is done with the sums.</param>
    /// <param name="fetch">What is fetched meanwhile.</param>
    /// <param name="blockSteps">Steps that are summed in one chain.</param>
    /// <param name="sumRegisters">Vector registers that hold sums of either kind.</param>
    protected GemmEmitter(Assembler code, VectorEmitter vectors, int rows, int panels, GemmKernelFlags flags, GemmFetch fetch, int blockSteps, int sumRegisters)
    {
        _code = code;
        _vectors = vectors;
        _rows = rows;
        _panels = panels;
        _flags = flags;
        _blockSteps = blockSteps;

        // Tiles of many rows are one of many below each other, whose rows, each far from the other, the processor follows too late: rows of 3 KB that lie in the third-level cache, as
        // those of a deep product do, cost 7 % of it. Few rows are mostly all there are.
        _fetch = new GemmFetchEmitter(
            code, rows, panels, resultBytes: Has(GemmKernelFlags.StoreBF16) ? sizeof(ushort) : sizeof(float), fetch, fetchesRows: 2 * sumRegisters > vectors.Registers && fetch != GemmFetch.Nothing,
            vectors.ProductsPerLane);
    }

    /// <summary>Where the instructions go.</summary>
    protected Assembler Code => _code;

    /// <summary>The vector instructions.</summary>
    protected VectorEmitter Vectors => _vectors;

    /// <summary>Rows of the tile.</summary>
    protected int Rows => _rows;

    /// <summary>Vectors of a row of the tile.</summary>
    protected int RowVectors => _panels * _vectors.PanelVectors;

    /// <summary>Vector registers that hold sums, from the first on, row by row.</summary>
    protected int Sums => _rows * RowVectors;

    /// <summary>Words of 8 bytes on the stack behind the block sums: two of this class, and those of one that derives from it.</summary>
    protected virtual int Slots => 2;

    /// <summary>Asks for a line of every row of the next tile, as far along it as the pointers are.</summary>
    protected void FetchRows() => _fetch.Rows(_rowPointers);

    /// <summary>Most rows of a tile of <paramref name="panels"/> panels: sums, one row of B or bias, and three more registers must fit.</summary>
    public static int RowsThatFit(int panels, int panelVectors, int registers)
    {
        int epilogue = registers == 32 ? 3 : 2;
        int rowVectors = panels * panelVectors;
        return Math.Min(MaxRows, (registers - rowVectors - epilogue) / rowVectors);
    }

    /// <summary>Emits a kernel.</summary>
    public static void Emit(Assembler code, VectorEmitter vectors, int rows, int panels, GemmKernelFlags flags, GemmFetch fetch) => new GemmEmitter(
        code, vectors, rows, panels, flags, fetch, vectors.ProductsPerLane == 1 ? BlockSteps : PairBlockSteps, sumRegisters: rows * panels * vectors.PanelVectors).Emit();

    private static int Offset(string field) => (int)Marshal.OffsetOf<GemmArguments>(field);

    protected static AssemblerMemoryOperand Argument(string field) => __[r11 + Offset(field)];

    /// <summary>Whether the kernel does something.</summary>
    protected bool Has(GemmKernelFlags flag) => (_flags & flag) != 0;

    /// <summary>Writes the kernel.</summary>
    protected void Emit()
    {
        CallingConvention.Enter(_code);
        foreach (AssemblerRegister64 register in GemmFetchEmitter.Changed)
        {
            _code.push(register);
        }

        ReserveBlockSums();
        if (Has(GemmKernelFlags.Masked))
        {
            _vectors.LoadMask(__word_ptr[r11 + Offset(nameof(GemmArguments.ColumnMask))]);
        }

        Label tile = _code.CreateLabel();
        _code.Label(ref tile);
        LoadPointers(nameof(GemmArguments.A), nameof(GemmArguments.AStride), nameof(GemmArguments.B), nameof(GemmArguments.PanelStride));
        _fetch.Start();
        for (int sum = 0; sum < Sums; sum++)
        {
            _vectors.Zero(sum);
        }

        EmitBlocks();
        EmitAddedProduct();
        EmitEpilogue();
        _code.dec(__qword_ptr[r11 + Offset(nameof(GemmArguments.Tiles))]);
        _code.jnz(tile);
        _code.mov(rsp, StackPointer);
        foreach (AssemblerRegister64 register in GemmFetchEmitter.Changed.Reverse())
        {
            _code.pop(register);
        }

        CallingConvention.Leave(_code);
    }

    private void LoadPointers(string a, string aStride, string b, string panelStride)
    {
        _code.mov(rdx, Argument(aStride));
        _code.mov(rax, Argument(a));
        _code.lea(rcx, __[rdx + (rdx * 2)]);
        for (int i = 1; i * 3 < _rows; i++)
        {
            _code.lea(_rowPointers[i], __[_rowPointers[i - 1] + rcx]);
        }

        _code.mov(rsi, Argument(b));
        _code.mov(rdi, Argument(panelStride));
        if (_panels == MaxPanels)
        {
            _code.lea(rbp, __[rsi + (rdi * 2)]);
            _code.add(rbp, rdi);
        }
    }

    /// <summary>Bytes on the stack for the sums over the blocks that are done.</summary>
    protected virtual int BlockSumBytes => Sums * _vectors.VectorBytes;

    /// <summary>The vector instructions for the operands of the added product.</summary>
    protected virtual VectorEmitter AddedVectors => _vectors;

    /// <summary>Steps that are not yet done.</summary>
    protected AssemblerMemoryOperand StepsLeft => Slot(0);

    private AssemblerMemoryOperand StackPointer => Slot(1);

    /// <summary>A word on the stack.</summary>
    protected AssemblerMemoryOperand Slot(int index) => __qword_ptr[rsp + BlockSumBytes + (index * sizeof(long))];

    /// <summary>The sum over the blocks that are done lies on the stack, in whole cache lines.</summary>
    private void ReserveBlockSums()
    {
        _code.mov(rax, rsp);
        _code.sub(rsp, BlockSumBytes + (Slots * sizeof(long)));
        _code.and(rsp, -StepBytesB);
        _code.mov(StackPointer, rax);
    }

    /// <summary>The sums over all steps.</summary>
    protected virtual void EmitBlocks()
    {
        Label block = _code.CreateLabel();
        Label counted = _code.CreateLabel();
        Label last = _code.CreateLabel();
        Label done = _code.CreateLabel();
        _code.mov(rcx, Argument(nameof(GemmArguments.Steps)));
        _code.mov(StepsLeft, rcx);
        _code.cmp(rcx, _blockSteps);
        _code.jle(block);
        for (int sum = 0; sum < Sums; sum++)
        {
            _vectors.StoreF32(BlockSum(sum), sum, masked: false);
        }

        _code.Label(ref block);
        _code.mov(rcx, StepsLeft);
        _code.cmp(rcx, _blockSteps);
        _code.jle(counted);
        _code.mov(ecx, _blockSteps);
        _code.Label(ref counted);
        EmitLoops(_vectors, firstSum: 0, fetches: true);
        _code.sub(StepsLeft, _blockSteps);
        _code.jle(last);
        for (int sum = 0; sum < Sums; sum++)
        {
            AddBlockSum(sum);
            _vectors.StoreF32(BlockSum(sum), sum, masked: false);
            _vectors.Zero(sum);
        }

        _code.jmp(block);
        _code.Label(ref last);
        _code.mov(rcx, Argument(nameof(GemmArguments.Steps)));
        _code.cmp(rcx, _blockSteps);
        _code.jle(done);
        for (int sum = 0; sum < Sums; sum++)
        {
            AddBlockSum(sum);
        }

        _code.Label(ref done);
        _code.nop();
    }

    private void EmitAddedProduct()
    {
        Label done = _code.CreateLabel();
        _code.cmp(__qword_ptr[r11 + Offset(nameof(GemmArguments.AddedSteps))], 0);
        _code.je(done);
        LoadPointers(nameof(GemmArguments.AddedA), nameof(GemmArguments.AddedAStride), nameof(GemmArguments.AddedB), nameof(GemmArguments.AddedPanelStride));
        _code.mov(rcx, Argument(nameof(GemmArguments.AddedSteps)));
        EmitLoops(AddedVectors, firstSum: 0, fetches: false);
        _code.Label(ref done);
        _code.nop();
    }

    /// <summary>Where the sum over the blocks that are done is kept.</summary>
    private AssemblerMemoryOperand BlockSum(int sum) => __[rsp + (sum * _vectors.VectorBytes)];

    private void AddBlockSum(int sum)
    {
        _vectors.LoadF32(Sums, BlockSum(sum), masked: false);
        _vectors.Add(sum, Sums);
    }

    /// <summary>As many steps as rcx says.</summary>
    /// <param name="vectors">The vector instructions for the operands.</param>
    /// <param name="firstSum">First of the registers that are added to; those behind them are lost.</param>
    /// <param name="fetches">Whether something is fetched meanwhile.</param>
    protected void EmitLoops(VectorEmitter vectors, int firstSum, bool fetches)
    {
        int unroll = fetches && _fetch.FetchesPieces ? _fetch.PieceSteps : Unroll;
        Label unrolled = _code.CreateLabel();
        Label rest = _code.CreateLabel();
        Label single = _code.CreateLabel();
        Label done = _code.CreateLabel();
        _code.sub(rcx, unroll);
        _code.jl(rest);
        _code.Label(ref unrolled);
        if (fetches)
        {
            _fetch.Turn(unroll, _rowPointers);
        }

        for (int step = 0; step < unroll; step++)
        {
            EmitStep(vectors, firstSum, step, fetches);
        }

        Advance(unroll, fetches);
        _code.sub(rcx, unroll);
        _code.jge(unrolled);
        _code.Label(ref rest);
        _code.add(rcx, unroll);
        _code.jz(done);
        _code.Label(ref single);
        EmitStep(vectors, firstSum, 0, fetches);
        Advance(1, fetches);
        _code.dec(rcx);
        _code.jnz(single);
        _code.Label(ref done);
        _code.nop();
    }

    /// <summary>A step, at a place behind the pointers; registers behind the sums that are added to are lost.</summary>
    protected void EmitStep(VectorEmitter vectors, int firstSum, int step, bool fetches)
    {
        if (fetches)
        {
            _fetch.Step(step);
        }

        int packed = firstSum + Sums;
        int firstFree = packed + RowVectors;
        int temporaries = Math.Min(4, vectors.Registers - firstFree);
        for (int panel = 0; panel < _panels; panel++)
        {
            for (int part = 0; part < vectors.PanelVectors; part++)
            {
                int vector = (panel * vectors.PanelVectors) + part;
                vectors.LoadPacked(packed + vector, Panel(rsi, rbp, panel, (step * StepBytesB) + (part * vectors.VectorBytes)));
            }
        }

        for (int row = 0; row < _rows; row++)
        {
            int number = firstFree + (row % temporaries);
            vectors.Broadcast(number, Row(row, step * StepBytesA));
            for (int vector = 0; vector < RowVectors; vector++)
            {
                vectors.MultiplyAdd(firstSum + (row * RowVectors) + vector, number, packed + vector);
            }
        }
    }

    /// <summary>A place in one of up to four panels, of which <paramref name="first"/> and <paramref name="fourth"/> point to two and rdi is the stride.</summary>
    public static AssemblerMemoryOperand Panel(AssemblerRegister64 first, AssemblerRegister64 fourth, int panel, int displacement) => panel switch
    {
        0 => __[first + displacement],
        1 => __[first + rdi + displacement],
        2 => __[first + (rdi * 2) + displacement],
        _ => __[fourth + displacement],
    };

    /// <summary>A place in a row of A.</summary>
    protected AssemblerMemoryOperand Row(int row, int displacement)
    {
        AssemblerRegister64 pointer = _rowPointers[row / 3];
        return (row % 3) switch
        {
            0 => __dword_ptr[pointer + displacement],
            1 => __dword_ptr[pointer + rdx + displacement],
            _ => __dword_ptr[pointer + (rdx * 2) + displacement],
        };
    }

    private void Advance(int steps, bool fetches)
    {
        Advance(steps * StepBytesA, steps * StepBytesB);
        if (fetches)
        {
            _fetch.Advance(steps);
        }
    }

    /// <summary>Moves the pointers on by bytes of a row of A and of a panel.</summary>
    protected void Advance(int rowBytes, int panelBytes)
    {
        for (int i = 0; i * 3 < _rows; i++)
        {
            _code.add(_rowPointers[i], rowBytes);
        }

        _code.add(rsi, panelBytes);
        if (_panels == MaxPanels)
        {
            _code.add(rbp, panelBytes);
        }
    }

    private void EmitEpilogue()
    {
        var epilogue = new EpilogueEmitter(_code, _vectors, RowVectors, firstFree: Sums, _flags);
        epilogue.Load();
        for (int row = 0; row < _rows; row++)
        {
            for (int vector = 0; vector < RowVectors; vector++)
            {
                epilogue.Store((row * RowVectors) + vector, vector);
            }

            epilogue.NextRow();
        }

        epilogue.Save();
        _code.imul(rcx, Argument(nameof(GemmArguments.AStride)), _rows);
        _code.add(Argument(nameof(GemmArguments.A)), rcx);
        _code.imul(rcx, Argument(nameof(GemmArguments.AddedAStride)), _rows);
        _code.add(Argument(nameof(GemmArguments.AddedA)), rcx);
    }
}
