using Attune.Data.Formats;
using Attune.Data.Rows;
using Attune.Testing;

namespace Attune.Data.Tests;

/// <summary>A folder of the datasets library with one damaged description is read or refused with a data error.</summary>
[Trait("Category", "Golden")]
public sealed class DatasetFolderDamageTests : IDisposable
{
    // Files are damaged by the thousand: in memory, where there is such a file system.
    private readonly string _folder = Directory.Exists("/dev/shm") ? Path.Combine("/dev/shm", $"attune-{Guid.NewGuid():n}") : Directory.CreateTempSubdirectory("attune-").FullName;

    public static TheoryData<string> Descriptions => ["state.json", "dataset_dict.json"];

    public void Dispose()
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    [Theory]
    [MemberData(nameof(Descriptions))]
    public void Damaged_descriptions_are_read_or_refused(string name) => Check(name, Fuzz.Quick);

    [Theory]
    [Trait("Category", "Slow")]
    [MemberData(nameof(Descriptions))]
    public void Much_damaged_descriptions_are_read_or_refused(string name) => Check(name, Fuzz.Slow);

    private void Check(string name, int count)
    {
        string saved = Goldens.Require("text/data/datasets_folder/train");
        string split = Directory.CreateDirectory(Path.Combine(_folder, "train")).FullName;
        foreach (string file in Directory.EnumerateFiles(saved))
        {
            File.WriteAllBytes(Path.Combine(split, Path.GetFileName(file)), File.ReadAllBytes(file));
        }

        string path = Path.Combine(name == "state.json" ? split : _folder, name);
        byte[] sound = name == "state.json" ? File.ReadAllBytes(path) : """{"splits": ["train"]}"""u8.ToArray();
        File.WriteAllBytes(Path.Combine(_folder, "dataset_dict.json"), """{"splits": ["train"]}"""u8.ToArray());
        Assert.NotEqual(0, Read());
        int refused = Fuzz.Run<DataException>(sound, count, mutant =>
        {
            File.WriteAllBytes(path, mutant);
            Read();
        });
        Assert.InRange(refused, count / 3, count);
    }

    private int Read() => DataFile.At(_folder).Sum(file => KnownDataFormats.Of(file, null).Read(file, new DataFileOptions()).Count());
}
