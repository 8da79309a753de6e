namespace Stagedoor.Storage;

/// <summary>Opens the databases of an installation.</summary>
public interface IDatabaseEngine
{
    /// <summary>The module's own database. Opening does not connect.</summary>
    /// <param name="moduleName">The module's name: lower-case letters.</param>
    IDatabase Open(string moduleName);
}
