import learner
import tiercel

tiercel.serve(learner.Linear())
