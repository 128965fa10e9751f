using System.Text.Json;
using Attune.Data.Processing;
using Attune.Data.Rows;
using Attune.Testing;

namespace Attune.Data.Tests.Processing;

public sealed class JsonLinesWriterTests
{
    [Theory]
    [InlineData("""{"t": "é😀\u007f\u2028\ue000+&<>'"}""", "{\"t\":\"é😀\u007f\u2028\ue000+&<>'\"}")]
    [InlineData("""{"😀": ["\ud83d\ude00", {"a": "\\ud83d\\ude00 \"\\\" \/"}]}""", """{"😀":["😀",{"a":"\\ud83d\\ude00 \"\\\" /"}]}""")]
    [InlineData("""{"t": "\u0000\u001F\b\f\n\r\t\u0022\u005c"}""", """{"t":"\u0000\u001f\b\f\n\r\t\"\\"}""")]
    [InlineData("""{"t": 1.50, "u": [null, true]}""", """{"t":1.50,"u":[null,true]}""")]
    public void Letters_stand_for_themselves(string json, string expected)
    {
        var row = new DataRow("a.jsonl", 1, JsonElement.Parse(json));
        Assert.Equal(expected, System.Text.Encoding.UTF8.GetString(JsonLinesWriter.ToLine(row, row.Value.WriteTo)));
        Assert.Equal(expected, System.Text.Encoding.UTF8.GetString(JsonLinesWriter.ToLine(row, text => text)));

        using var folder = new TemporaryFolder();
        using (var writer = new JsonLinesWriter(folder["out.jsonl"]))
        {
            writer.Write(row.Value);
            writer.Write(row.Value, text => text);
            writer.Commit();
        }

        Assert.Equal($"{expected}\n{expected}\n", File.ReadAllText(folder["out.jsonl"]));
    }
}
