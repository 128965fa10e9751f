#:property PublishAot=false
// What a model of letters without any network makes of the held-out rows: interpolated n-grams of bytes (Witten and Bell 1991), the measure beside models/attune-base.
// Run with: dotnet run recipes/attune-base/ByteNgram.cs -- HELD_OUT.jsonl TRAIN.jsonl [MORE_TRAIN.jsonl ...]
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

const int Order = 5;
const int End = 256;

// A language model scores no first token, for lack of a token before it. About as many bytes are free here.
const int FreeBytes = 4;

var counts = new Dictionary<(ulong Context, int Symbol), int>();
var contexts = new Dictionary<ulong, (int Total, int Different)>();
foreach (int[] row in args.Skip(1).SelectMany(Rows))
{
    for (int i = 0; i < row.Length; i++)
    {
        for (int length = 0; length < Math.Min(Order, i + 1); length++)
        {
            ulong context = Context(row, i, length);
            ref int count = ref CollectionsMarshal.GetValueRefOrAddDefault(counts, (context, row[i]), out _);
            ref (int Total, int Different) all = ref CollectionsMarshal.GetValueRefOrAddDefault(contexts, context, out _);
            all = (all.Total + 1, all.Different + (count++ == 0 ? 1 : 0));
        }
    }
}

double bits = 0;
long bytes = 0;
foreach (int[] row in Rows(args[0]))
{
    bytes += row.Length - 1;
    for (int i = Math.Min(FreeBytes, row.Length - 1); i < row.Length; i++)
    {
        double probability = 1.0 / (End + 1);
        for (int length = 0; length < Math.Min(Order, i + 1); length++)
        {
            ulong context = Context(row, i, length);
            if (!contexts.TryGetValue(context, out (int Total, int Different) all))
            {
                break;
            }

            probability = (counts.GetValueOrDefault((context, row[i])) + (all.Different * probability)) / (all.Total + all.Different);
        }

        bits -= Math.Log2(probability);
    }
}

Console.WriteLine($"{Order}-grams of bytes: {bits / bytes:F3} bits a byte, {bytes} bytes");

static IEnumerable<int[]> Rows(string path) => File.ReadLines(path).Select(line =>
{
    JsonElement row = JsonDocument.Parse(line).RootElement;
    string text = row.TryGetProperty("text", out JsonElement plain) ? plain.GetString()! : string.Join('\n', row.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("content").GetString()));
    return Encoding.UTF8.GetBytes(text).Select(value => (int)value).Append(End).ToArray();
});

static ulong Context(int[] row, int at, int length)
{
    ulong context = (ulong)length;
    for (int i = at - length; i < at; i++)
    {
        context = (context << 8) | (uint)row[i];
    }

    return context;
}
