namespace Stagedoor.Discovery.Log;

/// <summary>What kinds of entries are called in the database, and how their ids are put together.</summary>
internal static class EntryNames
{
    public const string Service = "service";
    public const string Instance = "instance";
    public const string Contract = "contract";
    public const string Tags = "tags";
    public const string Rule = "rule";
    public const string Edge = "edge";

    /// <summary>An id of several parts. None of them may hold a blank, and ids of services and instances never do.</summary>
    public static string Join(string first, string second) => $"{first} {second}";

    /// <summary>Takes an id of two parts apart.</summary>
    public static (string First, string Second) Split(string id)
    {
        var blank = id.IndexOf(' ', StringComparison.Ordinal);
        return blank < 0 ? (id, "") : (id[..blank], id[(blank + 1)..]);
    }
}
