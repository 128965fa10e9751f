using System.IO.Compression;
using System.Text;
using Attune.Data.Formats;
using Attune.Data.Rows;

namespace Attune.Data.Tests;

/// <summary>Data files in memory.</summary>
internal static class DataFiles
{
    public static DataFile Of(string name, string text) => Of(name, Encoding.UTF8.GetBytes(text));

    public static DataFile Of(string name, byte[] bytes) => new(name, () => new MemoryStream(bytes, writable: false));

    public static List<DataRow> Rows(string name, string text, DataFileOptions? options = null) => Rows(Of(name, text), options);

    public static List<DataRow> Rows(DataFile file, DataFileOptions? options = null)
    {
        options ??= new DataFileOptions();
        options.Validate();
        return [.. KnownDataFormats.Of(file, options.Format).Read(file, options)];
    }

    public static byte[] Gzip(byte[] bytes)
    {
        var target = new MemoryStream();
        using (var gzip = new GZipStream(target, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return target.ToArray();
    }
}
