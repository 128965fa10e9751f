using Attune.Kernels.Jit;
using Iced.Intel;

namespace Attune.Kernels.Tests.Jit.Model;

/// <summary>A model of a processor with AMX: it decodes the kernels' machine code and executes it on real memory, on any machine.</summary>
/// <param name="allowed">Adds the memory that a kernel may touch beside its arguments; null to let it touch everything.</param>
internal sealed unsafe class TileMachine(Action<MemoryMap>? allowed = null) : ITileProcessor
{
    public const ulong Origin = 0x10000;

    private readonly List<Dictionary<ulong, Instruction>> _programs = [];

    /// <summary>Instructions executed so far.</summary>
    public long Executed => _executed;

    private long _executed;

    /// <summary>Reads a function, whose first instruction is at <see cref="Origin"/>.</summary>
    public static Dictionary<ulong, Instruction> Decode(byte[] code)
    {
        var program = new Dictionary<ulong, Instruction>();
        var decoder = Decoder.Create(64, code, Origin);
        while (decoder.IP < Origin + (ulong)code.Length)
        {
            ulong address = decoder.IP;
            program.Add(address, decoder.Decode());
        }

        return program;
    }

    public nint Load(byte[] code)
    {
        lock (_programs)
        {
            _programs.Add(Decode(code));
            return _programs.Count;
        }
    }

    public void Run(nint code, TileArguments* arguments)
    {
        Dictionary<ulong, Instruction> program;
        lock (_programs)
        {
            program = _programs[(int)code - 1];
        }

        MemoryMap? map = null;
        if (allowed is not null)
        {
            map = new MemoryMap();
            map.Allow(arguments, sizeof(TileArguments), writable: true);
            map.Allow(arguments->Sums, TileKernelEmitter.SumBytes, writable: true);
            allowed(map);
        }

        Interlocked.Add(ref _executed, new TileProgram(program, map).Run(Origin, (ulong)arguments));
    }
}
