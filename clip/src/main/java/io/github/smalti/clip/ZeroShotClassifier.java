package io.github.smalti.clip;

import io.github.smalti.core.ShapeMismatchException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Recognises classes that are named at run time: a picture belongs to the class whose text is nearest.
///
/// ```java
/// var classifier = new ZeroShotClassifier(clip, List.of("a photo of a {}.", "a drawing of a {}."));
/// classifier.addClasses(List.of("cat", "penguin"));
/// for (var score : classifier.classify(clip.embedImages(List.of(picture))[0])) {
///     System.out.println(score.name() + " " + score.probability());
/// }
/// ```
///
/// A class is the mean of the unit embeddings of its templates, scaled to length 1; one template gives exactly its own
/// embedding. Nothing is trained. The search is exact: the largest cosine of all classes.
///
/// Source: Radford et al., arXiv 2103.00020, section 3.1. Thread-safe: classes may be added while others classify, who
/// then see the classes of the moment their call began. Uses the model, does not close it.
public final class ZeroShotClassifier {
    /// What a template has where the class's name goes.
    public static final String PLACE = "{}";

    /// Templates that suit most classes of things, for who has none of their own: a sentence for a photo, for a picture
    /// of any other kind and for a thing that is small in it, since CLIP's texts are sentences and seldom lone words.
    /// OpenAI averaged 80 for ImageNet and gained some 3.5 points over the first of these.
    public static final List<String> DEFAULT_TEMPLATES = List.of("a photo of a {}.", "a picture of a {}.",
            "a drawing of a {}.", "a photo of a small {}.");

    /// What was found of a class.
    ///
    /// @param name        the class
    /// @param cosine      with its prototype, -1 to 1
    /// @param probability among all classes
    public record ClassScore(String name, float cosine, float probability) {}

    private record Prototype(String name, float[] embedding) {}

    private final Clip clip;
    private final List<String> templates;
    private volatile List<Prototype> prototypes = List.of();

    /// Makes a classifier with [#DEFAULT_TEMPLATES] and without classes.
    ///
    /// @param clip the model
    public ZeroShotClassifier(Clip clip) { this(clip, DEFAULT_TEMPLATES); }

    /// Makes a classifier without classes.
    ///
    /// @param clip      the model
    /// @param templates one or more texts with [#PLACE] in them
    /// @throws IllegalArgumentException if there is no template or one has no place for a name
    public ZeroShotClassifier(Clip clip, List<String> templates) {
        if (templates.isEmpty()) throw new IllegalArgumentException("expected at least one template, found none");
        for (String template : templates) {
            if (!template.contains(PLACE)) {
                throw new IllegalArgumentException("expected " + PLACE + " in every template, found \"" + template
                        + "\"; write \"a photo of a {}.\"");
            }
        }
        this.clip = clip;
        this.templates = List.copyOf(templates);
    }

    /// Adds a class.
    ///
    /// @param name the class, as it reads in a sentence
    /// @throws IllegalArgumentException if there is such a class already
    public void addClass(String name) {
        requireNew(name);
        List<String> texts = templates.stream().map(template -> template.replace(PLACE, name)).toList();
        addClass(name, Embeddings.unitMean(clip.embedTexts(texts)));
    }

    /// Adds classes one after another; those before a name that there is already stay.
    ///
    /// @param names the classes
    /// @throws IllegalArgumentException if there is such a class already
    public void addClasses(List<String> names) { names.forEach(this::addClass); }

    /// Adds a class that is known by an embedding of the same space, for example the mean of some pictures.
    ///
    /// @param name      the class
    /// @param embedding any vector of the model's length; it is copied and scaled to length 1
    /// @throws IllegalArgumentException if there is such a class already
    /// @throws ShapeMismatchException if the embedding has another length
    public synchronized void addPrototype(String name, float[] embedding) {
        requireLength(embedding);
        addClass(name, Embeddings.unit(embedding));
    }

    private synchronized void addClass(String name, float[] unit) {
        requireNew(name);
        List<Prototype> longer = new ArrayList<>(prototypes);
        longer.add(new Prototype(name, unit));
        prototypes = List.copyOf(longer);
    }

    private void requireNew(String name) {
        if (classes().contains(name)) throw new IllegalArgumentException("there is a class \"" + name + "\" already");
    }

    /// Names of all classes, in the order they were added.
    public List<String> classes() { return prototypes.stream().map(Prototype::name).toList(); }

    /// The unit embedding of a class.
    ///
    /// @param index position in [#classes]
    /// @return a copy
    public float[] prototype(int index) { return prototypes.get(index).embedding.clone(); }

    /// Cosines of a picture with all classes.
    ///
    /// @param image the picture's embedding
    /// @return one cosine per class, in the order of [#classes]
    /// @throws ShapeMismatchException if the embedding has another length
    public float[] cosines(float[] image) { return cosines(image, prototypes); }

    private float[] cosines(float[] image, List<Prototype> classes) {
        requireLength(image);
        float[] out = new float[classes.size()];
        for (int i = 0; i < out.length; i++) out[i] = clip.score(image, classes.get(i).embedding).cosine();
        return out;
    }

    /// Probabilities of all classes: softmax(logitScale · cosine).
    ///
    /// @param image the picture's embedding
    /// @return one probability per class, in the order of [#classes]; their sum is 1 within 1e-6
    /// @throws IllegalStateException if there is no class
    public float[] probabilities(float[] image) { return softmax(cosines(image, requireClasses())); }

    /// All classes with what was found of them.
    ///
    /// @param image the picture's embedding
    /// @return one score per class, best first; of equal cosines the class that was added first
    /// @throws IllegalStateException if there is no class
    public List<ClassScore> classify(float[] image) {
        List<Prototype> classes = requireClasses();
        float[] cosines = cosines(image, classes);
        float[] probabilities = softmax(cosines);
        List<ClassScore> scores = new ArrayList<>(cosines.length);
        for (int i : Ranking.order(cosines)) {
            scores.add(new ClassScore(classes.get(i).name, cosines[i], probabilities[i]));
        }
        return List.copyOf(scores);
    }

    private float[] softmax(float[] cosines) {
        double max = Double.NEGATIVE_INFINITY;
        for (float cosine : cosines) max = Math.max(max, cosine);
        double[] exponentials = new double[cosines.length];
        for (int i = 0; i < cosines.length; i++) {
            exponentials[i] = StrictMath.exp(clip.logitScale() * (cosines[i] - max));
        }
        double sum = Arrays.stream(exponentials).reduce(0, Double::sum);
        float[] out = new float[cosines.length];
        for (int i = 0; i < out.length; i++) out[i] = (float) (exponentials[i] / sum);
        return out;
    }

    /// The class of the largest cosine; of equal ones the first.
    ///
    /// @param image the picture's embedding
    /// @return its name
    /// @throws IllegalStateException if there is no class
    public String nearest(float[] image) {
        List<Prototype> classes = requireClasses();
        return classes.get(Ranking.order(cosines(image, classes))[0]).name;
    }

    private List<Prototype> requireClasses() {
        List<Prototype> classes = prototypes;
        if (classes.isEmpty()) throw new IllegalStateException("no class to choose from; call addClass first");
        return classes;
    }

    private void requireLength(float[] embedding) {
        Embeddings.requireLength("embedding", clip.embeddingSize(), embedding);
    }
}
