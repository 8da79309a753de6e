namespace Stagedoor;

/// <summary>
/// Keeps what only the owner of the installation may read, such as a password that a start made up. The executable implements it, since it
/// knows the data directory.
/// </summary>
public interface ISecretFiles
{
    /// <summary>Writes a file that no other user of the machine can read, and does not return before it is on the disk. One of this name is replaced.</summary>
    /// <returns>Where it is, to be told to the operator.</returns>
    Task<string> WriteAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Deletes a file, if it is there.</summary>
    void Delete(string name);
}
