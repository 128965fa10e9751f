#:project ../src/Attune.Data/Attune.Data.csproj
#:property PublishAot=false
// Sketches of the texts of a JSON lines file (its values, joined), on one thread: prints documents per second, the best round of two seconds. See bench/minhash.py.
using System.Diagnostics;
using System.Text.Json;
using Attune.Data.Duplicates;

string[] texts = [.. File.ReadLines(args[0]).Take(int.Parse(args[1])).Select(line => string.Join(' ', JsonDocument.Parse(line).RootElement.EnumerateObject().Select(value => value.Value.ToString())))];
var hasher = new MinHasher();
var hashes = new List<uint>();
uint[] sketch = new uint[hasher.Functions];
double best = double.MaxValue;
long begun = Stopwatch.GetTimestamp();
while (Stopwatch.GetElapsedTime(begun).TotalSeconds < 2)
{
    long started = Stopwatch.GetTimestamp();
    foreach (string text in texts)
    {
        Shingles.Hash(text, hashes);
        hasher.Sketch(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(hashes), sketch);
    }

    best = Math.Min(best, Stopwatch.GetElapsedTime(started).TotalSeconds);
}

Console.WriteLine($$"""{"documents_per_second": {{(texts.Length / best).ToString(System.Globalization.CultureInfo.InvariantCulture)}}, "documents": {{texts.Length}}}""");
