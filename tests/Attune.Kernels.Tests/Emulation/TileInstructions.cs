using Iced.Intel;

namespace Attune.Kernels.Tests.Emulation;

/// <summary>The instructions of AMX_TILE and AMX_BF16.</summary>
internal static class TileInstructions
{
    public static IEnumerable<KeyValuePair<Mnemonic, Func<Instruction, Action<Processor>>>> Known { get; } = new Dictionary<Mnemonic, Func<Instruction, Action<Processor>>>
    {
        [Mnemonic.Ldtilecfg] = static instruction => Configure(new MemoryOperand(instruction)),
        [Mnemonic.Tilerelease] = static _ => static processor => processor.Tiles.Release(),
        [Mnemonic.Tilezero] = static instruction => Clear(Number(instruction.Op0Register)),
        [Mnemonic.Tileloadd] = static instruction => Load(Number(instruction.Op0Register), new MemoryOperand(instruction)),
        [Mnemonic.Tilestored] = static instruction => Store(Number(instruction.Op1Register), new MemoryOperand(instruction)),
        [Mnemonic.Tdpbf16ps] = static instruction => MultiplyPairs(Number(instruction.Op0Register), Number(instruction.Op1Register), Number(instruction.Op2Register)),
    };

    private static int Number(Register register) => register - Register.TMM0;

    private static Action<Processor> Configure(MemoryOperand source) => processor =>
        processor.Tiles.Configure(processor.Bytes(source.Address(processor), TileRegisters.ConfigurationBytes, write: false));

    private static Action<Processor> Clear(int tile) => processor =>
    {
        processor.Tiles.SizeOf(tile);
        processor.Tiles.Clear(tile);
    };

    private static Action<Processor> Load(int tile, MemoryOperand source) => processor =>
    {
        (int rows, int bytes) = processor.Tiles.SizeOf(tile);
        processor.Tiles.Clear(tile);
        for (int row = 0; row < rows; row++)
        {
            processor.Bytes(RowAddress(processor, source, row), bytes, write: false).CopyTo(processor.Tiles.Row(tile, row));
        }
    };

    private static Action<Processor> Store(int tile, MemoryOperand target) => processor =>
    {
        (int rows, int bytes) = processor.Tiles.SizeOf(tile);
        for (int row = 0; row < rows; row++)
        {
            processor.Tiles.Row(tile, row).CopyTo(processor.Bytes(RowAddress(processor, target, row), bytes, write: true));
        }
    };

    private static Action<Processor> MultiplyPairs(int sums, int left, int right) => processor => processor.Tiles.MultiplyPairs(sums, left, right);

    /// <summary>The index of a tile's memory operand is the way from a row to the next.</summary>
    private static ulong RowAddress(Processor processor, MemoryOperand operand, int row) => operand.Base(processor) + (operand.Stride(processor) * (ulong)row);
}
