using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Attune.Formats;

/// <summary>Reads pickled data that is made of plain values and tensors. Names of Python objects stay names; the few in <see cref="PickleGlobals"/> stand for data, all others are refused, and nothing is ever executed.</summary>
/// <remarks>Source: the opcodes of Python's <c>pickletools</c>, as far as <c>torch.save</c> writes them.</remarks>
internal sealed class PickleMachine(ReadOnlyMemory<byte> bytes, string path, string part)
{
    // Enough for some 50,000 tensors; every value takes memory, however few bytes say so.
    private const int MaxValues = 1_000_000;

    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly Dictionary<uint, object?> _memo = [];
    private int _values;

    /// <summary>The next byte to be read: behind a pickle once it was read.</summary>
    public int Position { get; private set; }

    /// <summary>Reads one pickle, from <see cref="Position"/> to its STOP.</summary>
    /// <exception cref="ModelFileException">The pickle is damaged, or holds anything but plain values and tensors.</exception>
    public object? Read()
    {
        _stack.Clear();
        _marks.Clear();
        _memo.Clear();
        while (true)
        {
            int place = Position;
            byte code = Take(1)[0];
            if (code == (byte)'.')
            {
                return Pop();
            }

            if (!TryPush(code) && !TryMemo(code) && !TryGather(code))
            {
                throw Bad(place, $"expected plain values and tensors, found the pickle operation {OperationName(code)}");
            }
        }
    }

    /// <summary>An error at a byte of the pickle.</summary>
    public ModelFileException Bad(int place, string problem) => ModelFileException.At(path, $"{part}, byte {place}", problem);

    /// <summary>An error where the pickle is being read.</summary>
    public ModelFileException Bad(string problem) => Bad(Position, problem);

    /// <summary>What a value is, for messages.</summary>
    public static string Describe(object? value) => value switch
    {
        null => "None",
        bool => "a boolean",
        long => "an integer",
        double => "a float",
        string => "a text",
        byte[] => "bytes",
        PickleTuple => "a tuple",
        PickleList => "a list",
        PickleDictionary => "a dictionary",
        PickleGlobal name => $"the Python object {name.Name}",
        PickleStorage => "a storage without a tensor",
        PickleTensor => "a tensor",
        _ => value.GetType().Name,
    };

    // Operations that only put a value on the stack.
    private bool TryPush(byte code)
    {
        switch ((char)code)
        {
            case 'N':
                Push(null);
                return true;
            case '\u0088' or '\u0089':
                Push(code == 0x88);
                return true;
            case 'K':
                Push((long)Take(1)[0]);
                return true;
            case 'M':
                Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2)));
                return true;
            case 'J':
                Push((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4)));
                return true;
            case '\u008A':
                Push(ReadLong(Take(1)[0]));
                return true;
            case 'G':
                Push(BinaryPrimitives.ReadDoubleBigEndian(Take(8)));
                return true;
            case 'X' or '\u008C' or '\u008D':
                Push(ReadText(code == 'X' ? 4 : code == 0x8C ? 1 : 8, Encoding.UTF8));
                return true;
            case 'T' or 'U':
                Push(ReadText(code == 'T' ? 4 : 1, Encoding.Latin1));
                return true;
            case 'B' or 'C' or '\u008E':
                Push(Take(ReadLength(code == 'B' ? 4 : code == 'C' ? 1 : 8)).ToArray());
                return true;
            case ')':
                Push(new PickleTuple([]));
                return true;
            case ']':
                Push(new PickleList());
                return true;
            case '}':
                Push(new PickleDictionary());
                return true;
            case 'c':
                Push(PickleGlobals.Find(this, $"{ReadLine()}.{ReadLine()}"));
                return true;
            default:
                return false;
        }
    }

    // Operations on the memory and on the frame; they make nothing new.
    private bool TryMemo(byte code)
    {
        switch ((char)code)
        {
            case '\u0080':
                byte protocol = Take(1)[0];
                return protocol <= 5 ? true : throw Bad($"expected a pickle protocol up to 5, found {protocol}");
            case '\u0095':
                Take(8);
                return true;
            case 'q' or 'r':
                Keep(ReadIndex(code == 'r'));
                return true;
            case '\u0094':
                Keep((uint)_memo.Count);
                return true;
            case 'h' or 'j':
                uint index = ReadIndex(code == 'j');
                Push(_memo.TryGetValue(index, out object? value) ? value : throw Bad($"value {index} is used before it was kept"));
                return true;
            case '(':
                Count();
                _marks.Add(_stack.Count);
                return true;
            case '0':
                Pop();
                return true;
            case '1':
                PopMarked();
                return true;
            default:
                return false;
        }
    }

    // Operations that put values together.
    private bool TryGather(byte code)
    {
        switch ((char)code)
        {
            case '\u0085' or '\u0086' or '\u0087':
                Push(new PickleTuple(PopMany(code - 0x84)));
                return true;
            case 't':
                Push(new PickleTuple(PopMarked()));
                return true;
            case 'l':
                var list = new PickleList();
                list.Items.AddRange(PopMarked());
                Push(list);
                return true;
            case 'd':
                var dictionary = new PickleDictionary();
                Add(dictionary, PopMarked());
                Push(dictionary);
                return true;
            case 'a':
                object?[] item = PopMany(1);
                Top<PickleList>().Items.Add(item[0]);
                return true;
            case 'e':
                object?[] items = PopMarked();
                Top<PickleList>().Items.AddRange(items);
                return true;
            case 's':
                object?[] pair = PopMany(2);
                Add(Top<PickleDictionary>(), pair);
                return true;
            case 'u':
                object?[] pairs = PopMarked();
                Add(Top<PickleDictionary>(), pairs);
                return true;
            case '\u0093':
                object?[] names = PopMany(2);
                Push(PickleGlobals.Find(this, names is [string module, string name] ? $"{module}.{name}" : throw Bad("expected the name of a Python object")));
                return true;
            case 'R':
                object?[] call = PopMany(2);
                Push(call is [PickleGlobal callee, PickleTuple arguments]
                    ? PickleGlobals.Make(this, callee, arguments.Items)
                    : throw Bad($"expected a call with a tuple of arguments, found {Describe(call[0])} and {Describe(call[1])}"));
                return true;
            case 'Q':
                object?[] id = PopMany(1);
                Push(PickleGlobals.Storage(this, id[0]));
                return true;
            case 'b':
                // The state of an ordered dictionary is what modules note about their version; it has no tensors.
                Pop();
                Top<PickleDictionary>();
                return true;
            default:
                return false;
        }
    }

    private void Add(PickleDictionary dictionary, object?[] pairs)
    {
        if (pairs.Length % 2 != 0)
        {
            throw Bad("expected a value for every key of a dictionary");
        }

        for (int i = 0; i < pairs.Length; i += 2)
        {
            dictionary.Pairs.Add((pairs[i], pairs[i + 1]));
        }
    }

    private void Push(object? value)
    {
        Count();
        _stack.Add(value);
    }

    private void Count()
    {
        if (++_values > MaxValues)
        {
            throw Bad($"expected at most {MaxValues} values, found more");
        }
    }

    private void Keep(uint index)
    {
        _memo[index] = Peek();
        if (_memo.Count > MaxValues)
        {
            throw Bad($"expected at most {MaxValues} values to be kept, found more");
        }
    }

    private object? Peek() => _stack.Count > Floor ? _stack[^1] : throw Bad("a value is missing");

    private int Floor => _marks.Count == 0 ? 0 : _marks[^1];

    private object? Pop() => PopMany(1)[0];

    private object?[] PopMany(int count)
    {
        if (_stack.Count - Floor < count)
        {
            throw Bad("a value is missing");
        }

        object?[] values = [.. _stack[^count..]];
        _stack.RemoveRange(_stack.Count - count, count);
        return values;
    }

    private object?[] PopMarked()
    {
        if (_marks.Count == 0)
        {
            throw Bad("the beginning of a group is missing");
        }

        object?[] values = PopMany(_stack.Count - Floor);
        _marks.RemoveAt(_marks.Count - 1);
        return values;
    }

    private T Top<T>()
        where T : class => Peek() as T ?? throw Bad($"expected {Describe(Activator.CreateInstance<T>())}, found {Describe(Peek())}");

    private ReadOnlySpan<byte> Take(long count)
    {
        if (count > bytes.Length - Position)
        {
            throw Bad($"expected {count} more bytes, found {bytes.Length - Position}; the file is truncated or no pickle");
        }

        ReadOnlySpan<byte> taken = bytes.Span.Slice(Position, (int)count);
        Position += (int)count;
        return taken;
    }

    private long ReadLength(int width)
    {
        ReadOnlySpan<byte> taken = Take(width);
        ulong length = width switch
        {
            1 => taken[0],
            4 => BinaryPrimitives.ReadUInt32LittleEndian(taken),
            _ => BinaryPrimitives.ReadUInt64LittleEndian(taken),
        };
        return length <= int.MaxValue ? (long)length : throw Bad($"a length of {length} bytes is more than the pickle has");
    }

    private uint ReadIndex(bool wide) => wide ? BinaryPrimitives.ReadUInt32LittleEndian(Take(4)) : Take(1)[0];

    private string ReadText(int width, Encoding encoding) => encoding.GetString(Take(ReadLength(width)));

    private object? ReadLong(int count)
    {
        ReadOnlySpan<byte> taken = Take(count);
        var value = new System.Numerics.BigInteger(taken);
        // Only the magic number of the old format is larger than 64 bits; it is compared as a text.
        return value >= long.MinValue && value <= long.MaxValue ? (long)value : value.ToString(CultureInfo.InvariantCulture);
    }

    private string ReadLine()
    {
        int length = bytes.Span[Position..].IndexOf((byte)'\n');
        if (length < 0)
        {
            throw Bad("the name of a Python object has no end");
        }

        string line = Encoding.UTF8.GetString(Take(length));
        Take(1);
        return line;
    }

    private static string OperationName(byte code) => code switch
    {
        (byte)'i' => "INST (makes a Python object)",
        (byte)'o' => "OBJ (makes a Python object)",
        0x81 => "NEWOBJ (makes a Python object)",
        0x92 => "NEWOBJ_EX (makes a Python object)",
        0x82 or 0x83 or 0x84 => "EXT (names a registered Python object)",
        (byte)'P' => "PERSID",
        0x8F => "EMPTY_SET",
        0x97 or 0x98 => "NEXT_BUFFER",
        _ => $"0x{code:X2}",
    };
}
