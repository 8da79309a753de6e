namespace Stagedoor.Errors;

/// <summary>The codes of the image repository. Each subject is a file; near-duplicates differ by plane: <c>Registry…</c> is <c>/v2/</c>.</summary>
public static partial class ImagesCodes
{
    private static readonly ErrorTable s_swr = Tables.Swr;
    private static readonly ErrorTable s_s2i = Tables.S2i;

    /// <summary>Every row of the service, by code.</summary>
    // Through fields of this class: reading one is what makes the runtime declare the rows.
    public static IReadOnlyCollection<ErrorDefinition> All =>
        [.. s_swr.Rows.OrderBy(row => row.Code, StringComparer.Ordinal), .. s_s2i.Rows];

    // In a class of its own, since the order of static fields across the files of a partial class is undefined.
    private static class Tables
    {
        private const string Source = "Founding document of the image repository service: its published error codes";

        public static ErrorTable Swr { get; } = new("SVCSTG.SWR.", Envelope.Images, "images", Source);

        public static ErrorTable S2i { get; } = new("SVCSTG.S2I.", Envelope.Images, "images", Source);
    }
}
