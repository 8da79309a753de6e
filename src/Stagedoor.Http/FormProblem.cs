namespace Stagedoor.Http;

/// <summary>How the framework says that a form is none.</summary>
public static class FormProblem
{
    /// <summary>
    /// Whether the bytes that arrived are no form. A connection that ends while a form is read is also an <see cref="IOException"/>, and none of
    /// these: whoever answered it as a form would hand the server back a connection with a reading that never came to its end.
    /// </summary>
    public static bool IsOne(Exception exception) =>
        exception is InvalidDataException or IOException { Source: "Microsoft.AspNetCore.WebUtilities" };
}
