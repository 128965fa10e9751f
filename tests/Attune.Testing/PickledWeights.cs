using System.Globalization;
using System.IO.Compression;
using System.Text;
using Attune.Formats;
using Attune.Tensors;

namespace Attune.Testing;

/// <summary>Writes weights as <c>torch.save</c> does, so that tests have files to read.</summary>
public static class PickledWeights
{
    private static readonly Dictionary<DType, string> Storages = new()
    {
        [DType.F64] = "Double",
        [DType.F32] = "Float",
        [DType.F16] = "Half",
        [DType.BF16] = "BFloat16",
        [DType.I64] = "Long",
        [DType.I32] = "Int",
        [DType.I16] = "Short",
        [DType.I8] = "Char",
        [DType.U8] = "Byte",
        [DType.Bool] = "Bool",
    };

    /// <summary>Whether a type has a storage of its own name.</summary>
    public static bool CanHold(DType dtype) => Storages.ContainsKey(dtype);

    /// <summary>Writes all tensors of a source, or those that are named.</summary>
    public static void Write(string path, ITensorSource source, IEnumerable<string>? names = null)
    {
        TensorInfo[] tensors = [.. (names ?? source.Names).Select(name => source.Info(name))];
        using var archive = new ZipArchive(File.Create(path), ZipArchiveMode.Create);
        Add(archive, "data.pkl", Pickle(tensors));
        Add(archive, "byteorder", "little"u8.ToArray());
        for (int i = 0; i < tensors.Length; i++)
        {
            Add(archive, $"data/{i}", source.ReadBytes(tensors[i].Name));
        }

        Add(archive, "version", "3\n"u8.ToArray());
    }

    private static void Add(ZipArchive archive, string name, byte[] contents)
    {
        using Stream entry = archive.CreateEntry("pytorch_model/" + name, CompressionLevel.NoCompression).Open();
        entry.Write(contents);
    }

    private static byte[] Pickle(TensorInfo[] tensors)
    {
        using var pickle = new MemoryStream();
        pickle.Write([0x80, 2, (byte)'}', (byte)'(']);
        for (int i = 0; i < tensors.Length; i++)
        {
            Text(pickle, tensors[i].Name);
            Global(pickle, "torch._utils", "_rebuild_tensor_v2");
            pickle.Write("(("u8);
            Text(pickle, "storage");
            Global(pickle, "torch", Storages[tensors[i].DType] + "Storage");
            Text(pickle, i.ToString(CultureInfo.InvariantCulture));
            Text(pickle, "cpu");
            Number(pickle, tensors[i].Shape.Count);
            pickle.Write("tQK\0"u8);
            long[] extents = [.. Enumerable.Range(0, tensors[i].Shape.Rank).Select(d => tensors[i].Shape[d])];
            Tuple(pickle, extents);
            Tuple(pickle, [.. extents.Select((_, d) => extents[(d + 1)..].Aggregate(1L, (a, b) => a * b))]);
            pickle.Write([0x89]);
            Global(pickle, "collections", "OrderedDict");
            pickle.Write(")RtR"u8);
        }

        pickle.Write("u."u8);
        return pickle.ToArray();
    }

    private static void Tuple(Stream pickle, long[] numbers)
    {
        pickle.Write("("u8);
        foreach (long number in numbers)
        {
            Number(pickle, number);
        }

        pickle.Write("t"u8);
    }

    private static void Number(Stream pickle, long number) => pickle.Write([0x8A, 8, .. BitConverter.GetBytes(number)]);

    private static void Text(Stream pickle, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        pickle.Write([(byte)'X', .. BitConverter.GetBytes(bytes.Length), .. bytes]);
    }

    private static void Global(Stream pickle, string module, string name) => pickle.Write(Encoding.ASCII.GetBytes($"c{module}\n{name}\n"));
}
