using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using Attune.Text;

/// <summary>Encodes a text again and again, line by line, as bench/README.md says. Prints one JSON line.</summary>
internal static class TokenizeBench
{
    /// <summary>Runs <c>tokenize TOKENIZER TEXT [RUNS]</c>; both files may be packed (.gz).</summary>
    public static int Run(string[] args)
    {
        if (args.Length is < 2 or > 3)
        {
            Console.Error.WriteLine("usage: tokenize TOKENIZER TEXT [RUNS]");
            return 2;
        }

        Tokenizer tokenizer = TokenizerJson.Parse(Read(args[0]), args[0]);
        byte[] content = Read(args[1]);
        string[] lines = System.Text.Encoding.UTF8.GetString(content).Split('\n');
        int runs = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 20;
        double best = double.PositiveInfinity;
        int tokens = 0;
        for (int run = 0; run < runs; run++)
        {
            long start = Stopwatch.GetTimestamp();
            tokens = 0;
            foreach (string line in lines)
            {
                tokens += tokenizer.Encode(line).Count;
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        Console.WriteLine(JsonSerializer.Serialize(new { library = "attune", tokens, megabytes_per_second = content.Length / best / 1e6 }));
        return 0;
    }

    private static byte[] Read(string path)
    {
        byte[] content = File.ReadAllBytes(path);
        if (!path.EndsWith(".gz", StringComparison.Ordinal))
        {
            return content;
        }

        using var unpacked = new MemoryStream();
        using var packed = new GZipStream(new MemoryStream(content), CompressionMode.Decompress);
        packed.CopyTo(unpacked);
        return unpacked.ToArray();
    }
}
