namespace Stagedoor.Identity.Secrets;

/// <summary>Where the master key is. No record: its text would show the key.</summary>
/// <param name="key">The key itself, 32 bytes in base64; goes before the files.</param>
/// <param name="file">The file with the key.</param>
/// <param name="folder">The folder that holds <c>master.key</c> when nothing else is said; the first start makes it there.</param>
public sealed class MasterKeySource(string? key, string? file, string folder)
{
    public string? Key => key;

    public string? File => file;

    public string Folder => folder;
}
