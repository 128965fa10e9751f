using System.Security.Cryptography;

namespace Attune.Training.Runs;

/// <summary>Size and SHA-256 of a file.</summary>
/// <param name="Bytes">Size.</param>
/// <param name="Sha256">Hash in hexadecimal digits.</param>
public sealed record FileHash(long Bytes, string Sha256)
{
    /// <summary>Reads a file and hashes it.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static FileHash Of(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return new FileHash(stream.Length, Convert.ToHexStringLower(SHA256.HashData(stream)));
    }
}
